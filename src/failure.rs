//! Why a connection or a request failed: phase × cause × who ended it × whether the request may have been delivered.

CREATE TEMP TABLE staged_heard (hash {blob}, sealed {blob}, version {int}, at {int});
CREATE TEMP TABLE staged_permit (peer {int}, message {int}, at {int}, until {int});
CREATE TEMP TABLE staged_visit (
    round {int}, peer {int}, at {int}, took {int}, outcome {int}, version {int}, rtt {int}, listed {int},
    failures {int}, online_since {int}, due {int}, reached {int});
CREATE TEMP TABLE staged_reply (
    round {int}, peer {int}, question {int}, message {int}, at {int}, took {int}, outcome {int}, bytes {int},
    parts {int}, content {blob}, rows {text}, raw {blob}, not_before {int});

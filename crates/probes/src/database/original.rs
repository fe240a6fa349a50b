//! What the original's database has beyond the tables of this program: tables, columns and views of
//! all its versions from 4.5 to 5.4 together. A statement is checked against them before it is
//! sent; no peer of ours serves them, for they hold names, addresses and files.

/// Statements that add them to this program's tables. Columns have no types: nothing is stored.
pub const BEYOND_OURS: &str = "
ALTER TABLE Peer ADD COLUMN name;
ALTER TABLE Peer ADD COLUMN ip;
ALTER TABLE Peer ADD COLUMN port;
ALTER TABLE Peer ADD COLUMN thumbnail;
ALTER TABLE Peer ADD COLUMN similarity;
ALTER TABLE Peer ADD COLUMN friend;
ALTER TABLE Peer ADD COLUMN superpeer;
ALTER TABLE Peer ADD COLUMN last_connected;
ALTER TABLE Peer ADD COLUMN last_buddycast;
ALTER TABLE Peer ADD COLUMN buddycast_times;
ALTER TABLE Peer ADD COLUMN num_peers;
ALTER TABLE Peer ADD COLUMN num_torrents;
ALTER TABLE Peer ADD COLUMN num_prefs;
ALTER TABLE Peer ADD COLUMN num_queries;
ALTER TABLE Peer ADD COLUMN is_local;
ALTER TABLE Peer ADD COLUMN services;
ALTER TABLE Torrent ADD COLUMN name;
ALTER TABLE Torrent ADD COLUMN torrent_file_name;
ALTER TABLE Torrent ADD COLUMN length;
ALTER TABLE Torrent ADD COLUMN creation_date;
ALTER TABLE Torrent ADD COLUMN num_files;
ALTER TABLE Torrent ADD COLUMN thumbnail;
ALTER TABLE Torrent ADD COLUMN secret;
ALTER TABLE Torrent ADD COLUMN relevance;
ALTER TABLE Torrent ADD COLUMN source_id;
ALTER TABLE Torrent ADD COLUMN category_id;
ALTER TABLE Torrent ADD COLUMN status_id;
ALTER TABLE Torrent ADD COLUMN comment;
ALTER TABLE ChannelCast ADD COLUMN publisher_name;
ALTER TABLE ChannelCast ADD COLUMN torrenthash;
ALTER TABLE ChannelCast ADD COLUMN torrentname;
ALTER TABLE ChannelCast ADD COLUMN signature;
ALTER TABLE Category ADD COLUMN description;
CREATE TABLE BarterCast (peer_id_from, peer_id_to, downloaded, uploaded, last_seen, value);
CREATE TABLE Infohash (torrent_id, infohash);
CREATE TABLE MyInfo (entry, value);
CREATE TABLE MyPreference
    (torrent_id, destination_path, progress, creation_time, click_position, reranking_strategy);
CREATE TABLE Preference (peer_id, torrent_id, click_position, reranking_strategy);
CREATE TABLE TorrentSource (source_id, name, description);
CREATE TABLE TorrentStatus (status_id, name, description);
CREATE TABLE TorrentTracker
    (torrent_id, tracker, announce_tier, ignored_times, retried_times, last_check);
CREATE TABLE TorrentFiles (torrent_id, filepath, filesize);
CREATE TABLE ClicklogSearch (peer_id, torrent_id, term_id, term_order);
CREATE TABLE ClicklogTerm (term_id, term, times_seen);
CREATE TABLE Popularity (torrent_id, peer_id, msg_receive_time, size_calc_age, num_seeders,
    num_leechers, num_of_sources);
CREATE TABLE InvertedIndex (word, torrent_id);
CREATE TABLE Metadata (metadata_id, publisher_id, infohash, description, timestamp, signature);
CREATE TABLE Subtitles (metadata_id_fk, subtitle_lang, subtitle_location, checksum);
CREATE TABLE SubtitlesHave (metadata_id_fk, peer_id, have_mask, received_ts);
CREATE TABLE TermFrequency (term_id, term, freq);
CREATE TABLE TorrentBiTermPhrase (torrent_id, term1_id, term2_id);
CREATE TABLE BundlerPreference (query, bundle_mode);
CREATE TABLE BadTorrents AS SELECT * FROM Torrent;
CREATE VIEW SuperPeer AS SELECT * FROM Peer WHERE superpeer = 1;
CREATE VIEW Friend AS SELECT * FROM Peer WHERE friend = 1;
CREATE VIEW CollectedTorrent AS SELECT * FROM Torrent WHERE torrent_file_name IS NOT NULL;
";

-- Wireshark dissector of the overlay that swarmscope speaks: handshakes, frames, and the requests
-- and replies of Crawlers. Copy it into Wireshark's directory of personal Lua plugins
-- (Help > About > Folders), or run: tshark -X lua_script:overlay.lua -r FILE
--
-- It finds connections by their handshake, on any port. Where a capture begins in the middle of
-- one, choose "Decode As... > OVERLAY". Version 18 is inside TLS 1.3 after the handshakes: with the
-- file of SSLKEYLOGFILE (Preferences > Protocols > TLS) it is read too. What swarmscope saves as
-- pcapng is decrypted already.

local overlay = Proto("overlay", "Overlay of Crawlers and peers")

local NAME = "BitTorrent protocol"
local HANDSHAKE = 68
local LENGTH = 4
-- The original's largest frame, 2^23: a longer one closes the connection.
local MOST_FRAME = 0x800000

local FRAMES = {
    [253] = "CHALLENGE", [252] = "RESPONSE1", [251] = "RESPONSE2", [249] = "BUDDYCAST",
    [244] = "DIALBACK_REQUEST", [243] = "DIALBACK_REPLY", [240] = "KEEP_ALIVE",
    [232] = "CRAWLER_REQUEST", [231] = "CRAWLER_REPLY", [216] = "HELLO",
    [248] = "GET_METADATA", [247] = "METADATA", [239] = "SOCIAL_OVERLAP", [238] = "QUERY",
    [237] = "QUERY_REPLY", [236] = "BARTERCAST", [234] = "FRIENDSHIP", [230] = "SUBTITLES",
    [229] = "GET_SUBTITLES", [226] = "VOTECAST", [225] = "CHANNELCAST",
}
local BENCODED = { [253] = true, [252] = true, [251] = true, [249] = true }

local MESSAGES = {
    [1] = "DATABASE_QUERY", [2] = "SEEDINGSTATS_QUERY", [3] = "NATCHECK",
    [4] = "FRIENDSHIP_STATS", [5] = "NATTRAVERSAL", [6] = "VIDEOPLAYBACK_INFO_QUERY",
    [7] = "VIDEOPLAYBACK_EVENT_QUERY", [8] = "REPEX_QUERY", [9] = "PUNCTURE_QUERY",
    [10] = "CHANNEL_QUERY", [11] = "USEREVENTLOG_QUERY",
}

local ERRORS = {
    [0] = "success", [1] = "handler error", [2] = "no result", [253] = "unknown message",
    [254] = "frequency error", [255] = "reserved",
}

local f = {
    protocol = ProtoField.string("overlay.handshake.protocol", "Protocol"),
    reserved = ProtoField.bytes("overlay.handshake.reserved", "Reserved"),
    infohash = ProtoField.bytes("overlay.handshake.infohash", "Infohash"),
    peer_id = ProtoField.bytes("overlay.handshake.peer_id", "Peer id"),
    port = ProtoField.uint16("overlay.handshake.port", "Listening port"),
    lowest = ProtoField.uint16("overlay.handshake.lowest", "Lowest version"),
    current = ProtoField.uint16("overlay.handshake.current", "Current version"),
    length = ProtoField.uint32("overlay.length", "Length"),
    id = ProtoField.uint8("overlay.id", "Frame", base.DEC, FRAMES),
    text = ProtoField.string("overlay.bencode", "Bencoded"),
    body = ProtoField.bytes("overlay.body", "Body"),
    message = ProtoField.uint8("overlay.crawler.message", "Message", base.DEC, MESSAGES),
    channel = ProtoField.uint8("overlay.crawler.channel", "Channel"),
    frequency = ProtoField.uint16("overlay.crawler.frequency", "Frequency (s)"),
    -- a hint: only 0 is certain
    parts_left = ProtoField.uint8("overlay.crawler.parts_left", "Parts left"),
    error = ProtoField.uint8("overlay.crawler.error", "Error", base.DEC, ERRORS),
    payload = ProtoField.bytes("overlay.crawler.payload", "Payload"),
}
overlay.fields = f

local too_long = ProtoExpert.new("overlay.too_long", "Longer than the original's largest frame",
    expert.group.MALFORMED, expert.severity.ERROR)
local short = ProtoExpert.new("overlay.short", "Too short for its kind", expert.group.MALFORMED,
    expert.severity.ERROR)
overlay.experts = { too_long, short }

-- Bencoding as people read it: bytes that are not plain text become dots.
local function readable(range)
    return (range:raw():gsub("[^\32-\126]", "."))
end

local function is_handshake(buffer)
    return buffer:len() >= 20 and buffer(0, 1):uint() == #NAME and buffer(1, #NAME):raw() == NAME
end

local function handshake(buffer, tree)
    local node = tree:add(overlay, buffer(0, HANDSHAKE), "Overlay handshake")
    node:add(f.protocol, buffer(1, 19))
    node:add(f.reserved, buffer(20, 8))
    node:add(f.infohash, buffer(28, 20))
    node:add(f.peer_id, buffer(48, 20))
    node:add_le(f.port, buffer(62, 2))
    node:add_le(f.lowest, buffer(64, 2))
    node:add_le(f.current, buffer(66, 2))
    local lowest, current = buffer(64, 2):le_uint(), buffer(66, 2):le_uint()
    return string.format("Handshake, versions %d to %d", lowest, current)
end

-- What is behind the id byte of a request: message, channel, frequency, payload.
local function request(body, node)
    if body:len() < 4 then
        node:add_proto_expert_info(short)
        return "malformed request"
    end
    node:add(f.message, body(0, 1))
    node:add(f.channel, body(1, 1))
    node:add(f.frequency, body(2, 2))
    if body:len() > 4 then node:add(f.payload, body(4)) end
    local message = body(0, 1):uint()
    return string.format("%s request, channel %d, frequency %d s", MESSAGES[message] or message,
        body(1, 1):uint(), body(2, 2):uint())
end

-- And of a reply: message, channel, parts left, error, a part of the payload.
local function reply(body, node)
    if body:len() < 4 then
        node:add_proto_expert_info(short)
        return "malformed reply"
    end
    node:add(f.message, body(0, 1))
    node:add(f.channel, body(1, 1))
    node:add(f.parts_left, body(2, 1))
    node:add(f.error, body(3, 1))
    if body:len() > 4 then node:add(f.payload, body(4)) end
    local message, code = body(0, 1):uint(), body(3, 1):uint()
    return string.format("%s reply, channel %d, error %s, parts left %d",
        MESSAGES[message] or message, body(1, 1):uint(), ERRORS[code] or code, body(2, 1):uint())
end

local function frame(buffer, tree)
    local length = buffer(0, LENGTH):uint()
    local node = tree:add(overlay, buffer(0, LENGTH + length), "Overlay frame")
    node:add(f.length, buffer(0, LENGTH))
    if length == 0 then
        node:append_text(": keep-alive")
        return "keep-alive"
    end
    node:add(f.id, buffer(LENGTH, 1))
    local id, says = buffer(LENGTH, 1):uint(), nil
    if length > 1 then
        local body = buffer(LENGTH + 1, length - 1):tvb()
        if id == 232 then
            says = request(body, node)
        elseif id == 231 then
            says = reply(body, node)
        elseif BENCODED[id] then
            local range = buffer(LENGTH + 1, length - 1)
            node:add(f.text, range, readable(range))
        else
            node:add(f.body, buffer(LENGTH + 1, length - 1))
        end
    end
    says = says or FRAMES[id] or ("frame " .. id)
    node:append_text(": " .. says)
    return says
end

-- A TLS record: what is read as a length would be far above the largest frame.
local function is_tls(buffer)
    return buffer:len() >= 3 and buffer(0, 1):uint() >= 20 and buffer(0, 1):uint() <= 23
        and buffer(1, 1):uint() == 3
end

function overlay.dissector(buffer, pinfo, tree)
    local at, said = 0, {}
    pinfo.cols.protocol = "OVERLAY"
    while at < buffer:len() do
        local rest = buffer(at):tvb()
        local wanted
        if is_handshake(rest) then
            wanted = HANDSHAKE
        elseif is_tls(rest) then
            Dissector.get("tls"):call(rest, pinfo, tree)
            return
        elseif rest:len() >= LENGTH then
            wanted = LENGTH + rest(0, LENGTH):uint()
            if wanted > LENGTH + MOST_FRAME then
                tree:add(overlay, rest(), "Overlay"):add_proto_expert_info(too_long)
                return
            end
        end
        if wanted == nil or rest:len() < wanted then
            -- the rest of it is in a later segment, unless the capture cut it off
            if rest:reported_length_remaining() > rest:len() then return end
            pinfo.desegment_offset = at
            pinfo.desegment_len = wanted and (wanted - rest:len()) or DESEGMENT_ONE_MORE_SEGMENT
            break
        end
        local one = rest(0, wanted):tvb()
        table.insert(said, is_handshake(one) and handshake(one, tree) or frame(one, tree))
        at = at + wanted
    end
    if #said > 0 then pinfo.cols.info = table.concat(said, "; ") end
end

-- The infohash of the overlay is 20 zero bytes, and 19 of them and a 1 for the reply to a test of
-- connectability: everything else is BitTorrent, and not ours.
local function is_ours(buffer)
    if not is_handshake(buffer) then return false end
    if buffer:len() < 48 then return false end
    return buffer(28, 19):raw() == string.rep("\0", 19) and buffer(47, 1):uint() <= 1
end

local function heuristic(buffer, pinfo, tree)
    if not is_ours(buffer) then return false end
    pinfo.conversation = overlay
    overlay.dissector(buffer, pinfo, tree)
    return true
end

overlay:register_heuristic("tcp", heuristic)
DissectorTable.get("tcp.port"):add_for_decode_as(overlay)
-- inside TLS (version 18)
pcall(function() DissectorTable.get("tls.alpn"):add("overlay/18", overlay) end)

use proptest::prelude::*;

use super::*;

fn id(number: u128) -> TransactionId {
    TransactionId::from(number)
}

fn address() -> impl Strategy<Value = SocketAddr> {
    (any::<std::net::IpAddr>(), any::<u16>()).prop_map(SocketAddr::from)
}

/// RFC 5769 §2.2: the sample answer for IPv4, with its integrity and fingerprint.
const SAMPLE_ANSWER: &[u8] = b"\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
    \x80\x22\x00\x0b\x74\x65\x73\x74\x20\x76\x65\x63\x74\x6f\x72\x20\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43\
    \x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7\
    \x80\x28\x00\x04\xc0\x7d\x4c\x96";

#[test]
fn the_sample_answer_of_rfc_5769_reads() {
    let mapped = "192.0.2.1:32853".parse().unwrap();
    let answer = Incoming::Response(
        id(0xb7e7_a701_bc34_d686_fa87_dfae),
        Response::Success(Success { mapped, origin: None, other: None }),
    );
    assert_eq!(decode(SAMPLE_ANSWER), Ok(answer));
}

#[test]
fn a_changed_byte_under_the_fingerprint_is_noticed() {
    let mut changed = SAMPLE_ANSWER.to_vec();
    changed[46] ^= 1;
    assert_eq!(decode(&changed), Err(StunError::Malformed));
}

#[test]
fn requests_have_the_bytes_of_rfc_5780() {
    let plain = encode_request(id(1), Route::PLAIN);
    assert_eq!(plain, b"\x00\x01\x00\x00\x21\x12\xa4\x42\0\0\0\0\0\0\0\0\0\0\0\x01");
    assert_eq!(encode_request(id(1), Route::CHANGE_BOTH)[20..], *b"\x00\x03\x00\x04\0\0\0\x06");
    assert_eq!(encode_request(id(1), Route::CHANGE_PORT)[20..], *b"\x00\x03\x00\x04\0\0\0\x02");
    assert_eq!(
        encode_request(id(1), Route::to_port(0x1234))[20..],
        *b"\x00\x27\x00\x02\x12\x34\0\0"
    );
}

#[test]
fn sizes_are_checked_before_anything_is_read() {
    assert_eq!(decode(b""), Err(StunError::Size(0)));
    assert_eq!(decode(&[0; 19]), Err(StunError::Size(19)));
    assert_eq!(decode(&[0; MAX_DATAGRAM + 1]), Err(StunError::Size(549)));
    let mut longer = encode_request(id(1), Route::PLAIN);
    longer.push(0);
    assert_eq!(decode(&longer), Err(StunError::Length { announced: 0, there: 1 }));
    let mut shorter = encode_request(id(1), Route::CHANGE_BOTH);
    shorter.truncate(24);
    assert_eq!(decode(&shorter), Err(StunError::Length { announced: 8, there: 4 }));
}

#[test]
fn another_method_and_an_indication_are_not_ours() {
    for class in [MessageClass::Request, MessageClass::Success] {
        let kind = MessageType::from_class_method(class, stun_types::message::Method::new(3));
        let allocate = Message::builder(kind, id(1), MessageWriteVec::new()).finish();
        assert_eq!(decode(&allocate), Err(StunError::NotBinding));
    }
    let indication = begin(MessageClass::Indication, id(1)).finish();
    assert_eq!(decode(&indication), Err(StunError::NotBinding));
}

#[test]
fn an_answer_without_an_address_or_a_code_is_incomplete() {
    assert_eq!(decode(&begin(MessageClass::Success, id(1)).finish()), Err(StunError::Incomplete));
    assert_eq!(decode(&begin(MessageClass::Error, id(1)).finish()), Err(StunError::Incomplete));
}

#[test]
fn an_old_server_s_plain_mapped_address_is_taken() {
    let mapped: SocketAddr = "192.0.2.7:4000".parse().unwrap();
    let mut out = begin(MessageClass::Success, id(1));
    out.push_attribute_unchecked(&MappedSocketAddr::new(mapped).to_raw(MAPPED_ADDRESS));
    let answer = Success { mapped, origin: None, other: None };
    assert_eq!(decode(&out.finish()), Ok(Incoming::Response(id(1), Response::Success(answer))));
}

#[test]
fn what_must_be_understood_and_is_not_is_named() {
    let mut out = begin(MessageClass::Request, id(1));
    out.push_attribute_unchecked(&RawAttribute::new(AttributeType::new(0x0026), &[0; 8]));
    out.push_attribute_unchecked(&RawAttribute::new(AttributeType::new(0x8022), b"software"));
    let Ok(Incoming::Request(request)) = decode(&out.finish()) else { panic!("a request") };
    assert_eq!(request.unknown, [0x0026]);
    let refusal = encode_unknown(id(1), &request.unknown).unwrap();
    assert_eq!(decode(&refusal), Ok(Incoming::Response(id(1), Response::Refused(420))));
    let many: Vec<u16> = (0..100).collect();
    assert!(encode_unknown(id(1), &many).unwrap().len() <= 40);
}

proptest! {
    #[test]
    fn answers_round_trip(number: u128, mapped in address(), origin in address(), other in address()) {
        let datagram = encode_success(id(number), mapped, origin, other);
        let success = Success { mapped, origin: Some(origin), other: Some(other) };
        prop_assert_eq!(decode(&datagram), Ok(Incoming::Response(id(number), Response::Success(success))));
    }

    #[test]
    fn requests_round_trip(number: u128, change_ip: bool, change_port: bool, response_port: Option<u16>) {
        let route = Route { change_ip, change_port, response_port };
        let request = Request { id: id(number), route, unknown: Vec::new() };
        prop_assert_eq!(decode(&encode_request(id(number), route)), Ok(Incoming::Request(request)));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = decode(&bytes);
    }

    /// Attributes that the decoder looks into, with anything in them.
    #[test]
    fn no_attributes_make_it_panic(class in 0usize..4, attributes in prop::collection::vec((
        prop::sample::select(&[1, 3, 6, 8, 9, 10, 0x1c, 0x20, 0x26, 0x27, 0x8022, 0x8028, 0x802b, 0x802c][..]),
        prop::collection::vec(any::<u8>(), 0..24),
    ), 0..6)) {
        let classes = [MessageClass::Request, MessageClass::Success, MessageClass::Error, MessageClass::Indication];
        let mut out = begin(classes[class], id(1));
        for (kind, value) in &attributes {
            out.push_attribute_unchecked(&RawAttribute::new(AttributeType::new(*kind), value));
        }
        let _ = decode(&out.finish());
    }

    #[test]
    fn a_changed_byte_never_makes_it_panic(at in 0..SAMPLE_ANSWER.len(), byte: u8) {
        let mut changed = SAMPLE_ANSWER.to_vec();
        changed[at] = byte;
        let _ = decode(&changed);
    }
}

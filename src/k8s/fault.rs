//! Stub.
use crate::kinds::decode::Status;
use crate::model::fault::{Fault, FaultKind};
pub fn of_transport(e: &(dyn std::error::Error + 'static)) -> Fault { Fault::new(FaultKind::Unreachable, e.to_string()) }
pub fn of_status(s: http::StatusCode, _: &http::HeaderMap, _: &[u8]) -> Fault { Fault::new(match s.as_u16() { 401 => FaultKind::Unauthorised, 403 => FaultKind::Forbidden, 404 => FaultKind::Gone, 410 => FaultKind::Expired, 429 => FaultKind::Throttled, 400 | 405 | 422 => FaultKind::Invalid, _ => FaultKind::Server }, s.to_string()) }
pub fn of_event(s: &Status) -> Fault { of_status(http::StatusCode::from_u16(s.code.unwrap_or(500)).unwrap_or_default(), &Default::default(), b"") }

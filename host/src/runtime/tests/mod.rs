//! Tests of the room as a whole: real components, a real engine, a real vendor on loopback.

mod ports;
pub(super) use ports::TestPorts;

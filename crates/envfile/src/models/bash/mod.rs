//! stub
use crate::view::View;
pub(crate) fn view(_bytes: &[u8]) -> View { View::default() }

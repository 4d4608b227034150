//! `$((…))`: whole numbers of 64 bits and the operators of C that change nothing.

/// The value of `text`, where `variable` gives the number behind a name; `None` where it is not known or an error.
pub(super) fn evaluate(text: &[u8], variable: &dyn Fn(&str) -> Option<i64>) -> Option<i64> {
    let mut expression = Expression { text, at: 0, depth: 0, variable };
    if expression.peek().is_none() {
        return Some(0);
    }
    let value = expression.binary(0)?;
    expression.peek().is_none().then_some(value)
}

/// One number in decimal, octal (`0…`) or hexadecimal (`0x…`), as bash writes constants.
pub(super) fn number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) if hex.starts_with(|digit: char| digit.is_ascii_hexdigit()) => i64::from_str_radix(hex, 16).ok(),
        Some(_) => None,
        None if text.len() > 1 && text.starts_with('0') => i64::from_str_radix(text, 8).ok(),
        None if text.starts_with(|digit: char| digit.is_ascii_digit()) => text.parse().ok(),
        None => None,
    }
}

struct Expression<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    variable: &'a dyn Fn(&str) -> Option<i64>,
}

/// How deep parentheses may lie in one another.
const DEEPEST: usize = 32;

/// Each operator with how tightly it binds; longer spellings first.
const OPERATORS: [(&str, u8); 18] = [
    ("||", 1),
    ("&&", 2),
    ("<<", 8),
    (">>", 8),
    ("<=", 7),
    (">=", 7),
    ("==", 6),
    ("!=", 6),
    ("|", 3),
    ("^", 4),
    ("&", 5),
    ("<", 7),
    (">", 7),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
];

impl Expression<'_> {
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn binary(&mut self, least: u8) -> Option<i64> {
        let mut left = self.unary()?;
        loop {
            self.peek();
            let rest = &self.text[self.at..];
            let Some((operator, binds)) = OPERATORS.iter().find(|(operator, _)| rest.starts_with(operator.as_bytes()))
            else {
                return Some(left);
            };
            let after = rest.get(operator.len());
            if *binds < least.max(1) {
                return Some(left);
            }
            // Powers, steps and assignments are not modelled; `&&` and `||` would leave out their right side.
            let alone = operator.len() == 1 && rest.get(1) == rest.first() || after == Some(&b'=');
            if alone || matches!(*operator, "||" | "&&") {
                return None;
            }
            self.at += operator.len();
            let right = self.binary(binds + 1)?;
            left = apply(operator, left, right)?;
        }
    }

    fn unary(&mut self) -> Option<i64> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let value = match self.peek()? {
            sign @ (b'-' | b'+' | b'~' | b'!') => {
                self.at += 1;
                if self.text.get(self.at) == Some(&sign) {
                    return None;
                }
                let value = self.unary()?;
                match sign {
                    b'-' => value.wrapping_neg(),
                    b'~' => !value,
                    b'!' => i64::from(value == 0),
                    _ => value,
                }
            }
            b'(' => {
                self.at += 1;
                let value = self.binary(0)?;
                (self.peek()? == b')').then_some(())?;
                self.at += 1;
                value
            }
            _ => self.operand()?,
        };
        self.depth -= 1;
        Some(value)
    }

    fn operand(&mut self) -> Option<i64> {
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'#' | b'@');
        let length = self.text[self.at..].iter().take_while(|byte| word(byte)).count();
        let text = std::str::from_utf8(&self.text[self.at..self.at + length]).ok()?;
        self.at += length;
        if text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
            let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return if is_name { (self.variable)(text) } else { None };
        }
        number(text)
    }
}

fn apply(operator: &str, left: i64, right: i64) -> Option<i64> {
    Some(match operator {
        "|" => left | right,
        "^" => left ^ right,
        "&" => left & right,
        "==" => i64::from(left == right),
        "!=" => i64::from(left != right),
        "<=" => i64::from(left <= right),
        ">=" => i64::from(left >= right),
        "<" => i64::from(left < right),
        ">" => i64::from(left > right),
        "<<" => left.checked_shl(u32::try_from(right).ok()?)?,
        ">>" => left.checked_shr(u32::try_from(right).ok()?)?,
        "+" => left.wrapping_add(right),
        "-" => left.wrapping_sub(right),
        "*" => left.wrapping_mul(right),
        "/" if right != 0 => left.wrapping_div(right),
        "%" if right != 0 => left.wrapping_rem(right),
        _ => return None,
    })
}

//! When a client certificate or a token ends, read from itself before any request is made with it. Pure; time is an argument.
//! Verifies nothing: whether the cluster trusts it is the cluster's to say.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::failure::{Failure, FailureKind, Result};

/// A credential with the time it ends, seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expiry {
    /// What ends, for people: `client certificate`, `token`.
    pub what: &'static str,
    /// Seconds since 1970.
    pub at: i64,
}

impl Expiry {
    /// Refuses an expired credential, and returns a warning for one that ends within `needed` seconds.
    ///
    /// # Errors
    /// The credential has expired at `now`.
    pub(crate) fn check(&self, now: i64, needed: i64) -> Result<Option<String>> {
        let left = self.at - now;
        if left <= 0 {
            return Err(Failure::new(
                FailureKind::Forbidden,
                format!("kubeconfig: its {} expired {} ago ({})", self.what, span(-left), utc(self.at)),
            )
            .hinted(format!("make a new {} and store the kubeconfig again; `ci-user` makes one", self.what)));
        }
        let soon = left <= needed.max(SOON);
        Ok(soon.then(|| format!("the kubeconfig's {} expires in {} ({})", self.what, span(left), utc(self.at))))
    }
}

/// A week: time enough to renew before a release fails.
const SOON: i64 = 7 * 86_400;

/// Returns the `exp` claim of a JSON Web Token; `None` for any other token.
pub(crate) fn of_token(token: &str) -> Option<i64> {
    let mut parts = token.trim().split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    let exp = claims.get("exp")?;
    exp.as_i64().or_else(|| exp.as_f64().map(|seconds| seconds as i64))
}

/// Returns the end of a certificate's validity (RFC 5280 §4.1.2.5); `None` when it is no X.509 certificate.
pub(crate) fn of_certificate(der: &[u8]) -> Option<i64> {
    let (_, certificate, _) = element(der)?;
    let (_, body, _) = element(certificate)?;
    let mut rest = body;
    if rest.first() == Some(&0xa0) {
        rest = element(rest)?.2;
    }
    for _serial_algorithm_issuer in 0..3 {
        rest = element(rest)?.2;
    }
    let (_, validity, _) = element(rest)?;
    let (_, _, after_start) = element(validity)?;
    let (tag, end, _) = element(after_start)?;
    time(tag, end)
}

/// Splits one DER element off: tag, content, what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 || rest.len() < count {
            return None;
        }
        let length = rest[..count].iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        (length, &rest[count..])
    };
    (rest.len() >= length).then(|| (tag, &rest[..length], &rest[length..]))
}

/// Reads a UTCTime (0x17) or GeneralizedTime (0x18).
fn time(tag: u8, content: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        0x17 => {
            let short: i64 = text.get(..2)?.parse().ok()?;
            (if short < 50 { 2000 + short } else { 1900 + short }, text.get(2..)?)
        }
        0x18 => (text.get(..4)?.parse().ok()?, text.get(4..)?),
        _ => return None,
    };
    let field = |at: usize| rest.get(at..at + 2).and_then(|digits| digits.parse::<i64>().ok());
    let days = days_from_civil(year, field(0)?, field(2)?);
    Some(days * 86_400 + field(4)? * 3_600 + field(6)? * 60 + field(8).unwrap_or(0))
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Prints a time as `2026-11-20T13:00:00Z`.
pub(crate) fn utc(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400);
    let clock = seconds.rem_euclid(86_400);
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", clock / 3_600, clock / 60 % 60, clock % 60)
}

/// Says a span of seconds in its largest unit.
pub(crate) fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_end_is_its_exp_claim() {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(r#"{"exp":1795173600,"sub":"x"}"#);
        assert_eq!(of_token(&format!("aaa.{payload}.sig")), Some(1_795_173_600));
        assert_eq!(of_token("k8s-aws-v1.aHR0cHM6Ly9zdHM"), None);
        assert_eq!(of_token("opaque"), None);
    }

    #[test]
    fn certificate_end_is_read_from_der() {
        let mut params = rcgen::CertificateParams::new(vec!["x".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 2, 28);
        let short = params.clone().self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        assert_eq!(of_certificate(short.der()).map(utc).as_deref(), Some("2031-02-28T00:00:00Z"));
        params.not_after = rcgen::date_time_ymd(2101, 12, 31);
        let long = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        assert_eq!(of_certificate(long.der()).map(utc).as_deref(), Some("2101-12-31T00:00:00Z"));
        assert_eq!(of_certificate(b"not a certificate"), None);
    }

    #[test]
    fn expired_is_refused_and_soon_is_a_warning() {
        let expiry = Expiry { what: "token", at: 1_000_000 };
        let expired = expiry.check(1_000_060, 600).unwrap_err();
        assert_eq!(expired.kind, FailureKind::Forbidden);
        assert_eq!(expired.to_string(), "kubeconfig: its token expired 60 seconds ago (1970-01-12T13:46:40Z)");
        assert_eq!(
            expiry.check(996_400, 600).unwrap().as_deref(),
            Some("the kubeconfig's token expires in 60 minutes (1970-01-12T13:46:40Z)")
        );
        assert_eq!(expiry.check(1_000_000 - 8 * 86_400, 600).unwrap(), None);
    }
}

//! The answer of one kind's rule, before it is tied to an object.

use super::Time;
use super::snapshot::ObjectKey;
use super::verdict::{Culprit, Status, Verdict};

/// What a rule answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: Status,
    reason: String,
    message: String,
    hint: Option<String>,
    warning: Option<String>,
    culprit: Culprit,
    look_again: Option<Time>,
}

impl Answer {
    /// Returns an answer with that word, reason and message.
    pub(crate) fn new(status: Status, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            reason: reason.into(),
            message: message.into(),
            hint: None,
            warning: None,
            culprit: Culprit::default(),
            look_again: None,
        }
    }

    pub(crate) fn ready(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Ready, reason, message)
    }

    pub(crate) fn in_progress(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::InProgress, reason, message)
    }

    pub(crate) fn failed(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Failed, reason, message)
    }

    pub(crate) fn suspended(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Suspended, reason, message)
    }

    pub(crate) fn unknown(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Unknown, reason, message)
    }

    /// Sets the next step.
    pub(crate) fn hinted(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// Adds what is to be said although it changes nothing.
    pub(crate) fn warned(mut self, warning: impl Into<String>) -> Self {
        self.warning = Some(warning.into());
        self
    }

    /// Sets where the cause sits.
    pub(crate) fn caused_by(mut self, culprit: Culprit) -> Self {
        self.culprit = culprit;
        self
    }

    /// Asks to be judged again at that moment.
    pub(crate) fn again_at(mut self, time: Option<Time>) -> Self {
        self.look_again = [self.look_again, time].into_iter().flatten().min();
        self
    }

    /// Puts what holds the object up behind the counters.
    pub(crate) fn because(mut self, cause: &str) -> Self {
        if !cause.is_empty() {
            self.message = format!("{}; {cause}", self.message);
        }
        self
    }

    /// Takes the reason of what holds the object up.
    pub(crate) fn reasoned(mut self, reason: &str) -> Self {
        if !reason.is_empty() {
            reason.clone_into(&mut self.reason);
        }
        self
    }

    /// Ties the answer to its object.
    pub(crate) fn about(self, object: ObjectKey) -> Verdict {
        Verdict {
            object,
            status: self.status,
            reason: camel_case(&self.reason, self.status),
            message: self.message,
            hint: self.hint,
            warning: self.warning,
            culprit: self.culprit,
            look_again: self.look_again,
        }
    }
}

/// Makes one CamelCase word of a reason: controllers of custom resources write sentences into that field.
fn camel_case(reason: &str, status: Status) -> String {
    let mut word = String::with_capacity(reason.len());
    for part in reason.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        let (first, rest) = part.split_at(1);
        word.push_str(&first.to_ascii_uppercase());
        word.push_str(rest);
    }
    match (word.is_empty(), status) {
        (false, _) => word,
        (true, Status::Ready) => "Ready".to_owned(),
        (true, Status::InProgress) => "InProgress".to_owned(),
        (true, Status::Failed) => "Failed".to_owned(),
        (true, Status::Terminating) => "Terminating".to_owned(),
        (true, Status::Suspended) => "Suspended".to_owned(),
        (true, Status::Unknown) => "Unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_as_reason_becomes_one_word() {
        assert_eq!(camel_case("Predictor ingress not created", Status::Failed), "PredictorIngressNotCreated");
        assert_eq!(camel_case("ACK.Terminal", Status::Failed), "ACKTerminal");
        assert_eq!(camel_case("", Status::InProgress), "InProgress");
    }
}

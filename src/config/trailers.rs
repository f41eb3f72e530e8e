//! Trailers: what a commit of ours says about where it comes from, written and read back.
//! Names that releases must not change: `Source-Repository`, `Source-Commit`, `Source-Run`, `Image`.

/// Where a change comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// `owner/name` of the source repository.
    pub(crate) repository: Option<String>,
    /// SHA of the source commit.
    pub(crate) commit: Option<String>,
    /// Address of the run.
    pub(crate) run: Option<String>,
}

/// The trailers of one commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trailers {
    /// Where it comes from.
    pub(crate) source: Source,
    /// `NAME=REFERENCE`, one an image.
    pub(crate) images: Vec<String>,
}

impl Trailers {
    /// Writes the trailers, a line each.
    pub(crate) fn write(&self) -> Vec<String> {
        let single = [
            ("Source-Repository", &self.source.repository),
            ("Source-Commit", &self.source.commit),
            ("Source-Run", &self.source.run),
        ];
        let mut lines: Vec<String> = single
            .iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}: {}", one_line(value))))
            .collect();
        lines.extend(self.images.iter().map(|image| format!("Image: {}", one_line(image))));
        lines
    }

    /// Reads the trailers of a message: they stand in its last paragraph that has any of ours. Of a repeated one the
    /// last counts, which is the one that we wrote.
    pub(crate) fn read(message: &str) -> Self {
        let message = message.replace("\r\n", "\n");
        for paragraph in message.split("\n\n").collect::<Vec<_>>().iter().rev() {
            let mut trailers = Self::default();
            for line in paragraph.lines() {
                trailers.take(line);
            }
            if trailers != Self::default() {
                return trailers;
            }
        }
        Self::default()
    }

    fn take(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(": ") else { return };
        let value = value.trim().to_owned();
        match name {
            "Source-Repository" => self.source.repository = Some(value),
            "Source-Commit" => self.source.commit = Some(value),
            "Source-Run" => self.source.run = Some(value),
            "Image" => self.images.push(value),
            _ => {}
        }
    }
}

/// Makes a text one line: whatever could begin another becomes a blank.
pub(crate) fn one_line(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}') { ' ' } else { c })
        .collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Source, Trailers};

    fn some() -> Trailers {
        Trailers {
            source: Source {
                repository: Some("o/app".into()),
                commit: Some("c1".into()),
                run: Some("https://x/1".into()),
            },
            images: vec!["app=r/app:2".into(), "b=b:1".into()],
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let message = format!("Bump app\n\nbody: with a colon\n\n{}\nSigned-off-by: a <b>", some().write().join("\n"));
        assert_eq!(Trailers::read(&message), some());
        assert_eq!(Trailers::read(&message.replace('\n', "\r\n")), some());
    }

    #[test]
    fn a_value_cannot_add_a_line() {
        let trailers = Trailers { images: vec!["app=x\nSource-Commit: evil".into()], ..Trailers::default() };
        assert_eq!(trailers.write(), ["Image: app=x Source-Commit: evil"]);
    }

    #[test]
    fn trailers_in_the_text_before_ours_do_not_count() {
        let message = format!("Bump\n\nSource-Commit: evil\n\n{}", some().write().join("\n"));
        assert_eq!(Trailers::read(&message), some());
        let repeated = "Bump\n\nSource-Commit: evil\nSource-Commit: ours";
        assert_eq!(Trailers::read(repeated).source.commit.as_deref(), Some("ours"));
        assert_eq!(Trailers::read("Fix: this"), Trailers::default());
    }
}

//! The signature that GitHub puts on commits of its own making. It has the form of one and proves nothing:
//! what counts for clients is `verification` in the answers.

use sha1::{Digest, Sha1};

use crate::base64;
use crate::git::{Commit, Oid, Person};

/// What a commit is made of before it is signed.
pub(crate) struct Draft {
    /// Tree.
    pub(crate) tree: Oid,
    /// Parents.
    pub(crate) parents: Vec<Oid>,
    /// Author.
    pub(crate) author: Person,
    /// Committer.
    pub(crate) committer: Person,
    /// Message.
    pub(crate) message: String,
}

impl Draft {
    /// The commit as it is.
    pub(crate) fn unsigned(self) -> Commit {
        Commit {
            tree: self.tree,
            parents: self.parents,
            author: self.author,
            committer: self.committer,
            signature: None,
            message: self.message,
        }
    }

    /// The commit with GitHub's signature.
    pub(crate) fn signed(self) -> Commit {
        let mut commit = self.unsigned();
        let digest = Sha1::digest(commit.payload());
        let text = base64::encode(&digest.repeat(6));
        commit.signature = Some(format!("-----BEGIN PGP SIGNATURE-----\n\n{text}\n-----END PGP SIGNATURE-----\n"));
        commit
    }
}

//! The real control plane, one for the whole test run, a namespace for each test. `K8S_DEPLOY_TEST_KUBECONFIG` puts another
//! cluster in its place, for the tests that need no simulated failures.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::action::Action;

/// A running control plane.
pub(crate) struct ControlPlane {
    kubeconfig: PathBuf,
    binary: PathBuf,
    folder: PathBuf,
}

/// A namespace of its own in it.
pub(crate) struct Space {
    plane: &'static ControlPlane,
    pub(crate) name: String,
}

static PLANE: OnceLock<ControlPlane> = OnceLock::new();
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Returns the shared control plane, started by the first that asks.
pub(crate) fn control_plane() -> &'static ControlPlane {
    PLANE.get_or_init(|| {
        let binary = binary();
        match std::env::var_os("K8S_DEPLOY_TEST_KUBECONFIG") {
            Some(path) => ControlPlane { kubeconfig: PathBuf::from(path), binary, folder: PathBuf::new() },
            None => start(binary),
        }
    })
}

/// Starts a control plane for one test that breaks it.
pub(crate) fn own_control_plane() -> &'static ControlPlane {
    Box::leak(Box::new(start(binary())))
}

fn binary() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    [target, root.join("target")]
        .map(|target| target.join("controlplane/controlplane"))
        .into_iter()
        .find(|binary| binary.exists())
        .expect("target/controlplane/controlplane is missing: run `make controlplane`")
}

/// Starts a control plane that ends with this process.
fn start(binary: PathBuf) -> ControlPlane {
    let folder = folder();
    let (sender, ready) = std::sync::mpsc::channel();
    let (program, directory) = (binary.clone(), folder.clone());
    // The thread lives as long as the process: a parent's death is told to its child by thread.
    std::thread::spawn(move || {
        let mut child = Command::new(program)
            .args(["up", "--remove", "--dir"])
            .arg(&directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            if line.trim() == "ready" {
                sender.send(()).unwrap();
            }
        }
        let _ = child.wait();
    });
    ready.recv_timeout(Duration::from_secs(60)).expect("the control plane did not become ready");
    ControlPlane { kubeconfig: folder.join("admin.kubeconfig"), binary, folder }
}

/// A folder that names this process. A control plane ends with its process, which so cannot clear up behind it: the next run takes
/// away what ended runs left, 120 MB each.
fn folder() -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("control-planes");
    std::fs::create_dir_all(&all).unwrap();
    for entry in std::fs::read_dir(&all).unwrap().map_while(Result::ok) {
        let name = entry.file_name().into_string().unwrap();
        let process = name.split('-').next().unwrap_or_default();
        if !Path::new("/proc").join(process).exists() {
            // Another run may be at it as well.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let own = all.join(format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir(&own).unwrap();
    own
}

impl ControlPlane {
    /// Kills a component; it stays down.
    pub(crate) fn kill(&self, component: &str) {
        self.control("kill", component);
    }

    /// Starts a component again.
    pub(crate) fn start(&self, component: &str) {
        self.control("start", component);
    }

    fn control(&self, verb: &str, component: &str) {
        let done = Command::new(&self.binary).args([verb, component, "--dir"]).arg(&self.folder).status().unwrap();
        assert!(done.success(), "{verb} {component}");
    }

    /// The administrator's kubeconfig, as text.
    pub(crate) fn kubeconfig(&self) -> String {
        std::fs::read_to_string(&self.kubeconfig).unwrap()
    }

    /// Starts a watch of a collection; its lines are the watch events.
    pub(crate) fn watching(&self, path: &str) -> std::process::Child {
        Command::new(&self.binary)
            .args(["kubectl", "--kubeconfig"])
            .arg(&self.kubeconfig)
            .args(["get", "--raw", &format!("{path}?watch=1&timeoutSeconds=300")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Fills in `{ns}`, `{server}` and `{ca}`, the API server's address and its CA as a kubeconfig has them.
    pub(crate) fn fill(&self, text: &str, space: &str) -> String {
        let kubeconfig = self.kubeconfig();
        let after = |key: &str| {
            let value = kubeconfig.lines().find_map(|line| line.trim_start_matches(['-', ' ']).strip_prefix(key));
            value.unwrap_or_default().trim().to_owned()
        };
        let (server, authority) = (after("server:"), after("certificate-authority-data:"));
        text.replace("{ns}", space).replace("{server}", &server).replace("{ca}", &authority)
    }

    /// Makes a namespace.
    pub(crate) fn space(&'static self, hint: &str) -> Space {
        let name = format!("k8s-deploy-test-{hint}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        self.kubectl(&["create", "namespace", &name]);
        Space { plane: self, name }
    }

    /// Runs kubectl and returns what it printed.
    #[track_caller]
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        self.kubectl_with(arguments, "")
    }

    /// Runs kubectl with a text on its standard input.
    #[track_caller]
    pub(crate) fn kubectl_with(&self, arguments: &[&str], stdin: &str) -> String {
        let mut child = Command::new(&self.binary)
            .args(["kubectl", "--kubeconfig"])
            .arg(&self.kubeconfig)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "kubectl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        text
    }

    /// Returns one field of an object.
    #[track_caller]
    pub(crate) fn field(&self, space: &str, object: &str, path: &str) -> String {
        self.kubectl(&["get", "-n", space, object, "-o", &format!("jsonpath={{{path}}}")])
    }

    /// Waits until `check` holds.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, check: impl Fn(&Self) -> bool) {
        self.until_within(Duration::from_secs(30), what, check);
    }

    /// Waits so long until `check` holds.
    #[track_caller]
    pub(crate) fn until_within(&self, limit: Duration, what: &str, check: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !check(self) {
            assert!(started.elapsed() < limit, "{what} did not come true");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Space {
    /// The action `deploy` on these manifests in this namespace.
    pub(crate) fn deploy(&self, manifests: &str) -> Action {
        self.act("deploy", manifests)
    }

    /// The action in any mode that takes a path and a cluster.
    pub(crate) fn act(&self, mode: &str, manifests: &str) -> Action {
        Action::in_actions()
            .input("mode", mode)
            .input("kubeconfig", &self.plane.kubeconfig())
            .input("namespace", &self.name)
            .input("path", "app.yaml")
            .file("app.yaml", manifests)
    }

    /// One field of an object of this namespace.
    #[track_caller]
    pub(crate) fn field(&self, object: &str, path: &str) -> String {
        self.plane.field(&self.name, object, path)
    }

    /// kubectl in this namespace.
    #[track_caller]
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        self.plane.kubectl(&[&["-n", self.name.as_str()], arguments].concat())
    }

    /// kubectl in this namespace, whatever comes of it: its exit code and all that it said.
    pub(crate) fn try_kubectl(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(&self.plane.binary)
            .args(["kubectl", "--kubeconfig"])
            .arg(&self.plane.kubeconfig)
            .args(["-n", self.name.as_str()])
            .args(arguments)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        (output.status.code().unwrap_or(-1), said)
    }

    /// kubectl in this namespace with a text on its standard input.
    #[track_caller]
    pub(crate) fn kubectl_with(&self, arguments: &[&str], stdin: &str) -> String {
        self.plane.kubectl_with(&[&["-n", self.name.as_str()], arguments].concat(), stdin)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.plane.kubectl(&["delete", "namespace", &self.name, "--wait=false"]);
        }
    }
}

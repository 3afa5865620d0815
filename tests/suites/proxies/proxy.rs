//! A proxy as a child process: its configuration, its ports, its end.
//!
//! It must never set more than the guide says and Debian has: what a test sets beside that, it says itself.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Command as Run, Stdio},
    time::Duration,
};

use salon_tests::{Result, raw_http::Request, server::missing_program};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::{
    guide::{block, filled_in},
    scratch::Scratch,
};

/// How often other ports are tried, if somebody else has taken them in between.
const TRIES: usize = 5;

/// How long a proxy takes to begin, at most.
const STARTUP: Duration = Duration::from_secs(10);

/// The file with a line for each request that is over, and the client's connection as its first word.
const REQUESTS: &str = "requests";

/// The file with what it has to complain about.
const ERRORS: &str = "errors";

/// Where it listens, for requests in clear text and for those over TLS.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) clear: SocketAddr,
    pub(crate) secure: SocketAddr,
}

impl Ports {
    /// Two that nobody has.
    fn free() -> Result<Self> {
        let any = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let (clear, secure) = (any()?, any()?);
        Ok(Self { clear: clear.local_addr()?, secure: secure.local_addr()? })
    }
}

/// Which proxy, and what is changed in it.
#[derive(Clone, Copy)]
pub(crate) enum Setting {
    /// The guide's block, behind further directives that hold for all of nginx.
    Nginx(&'static str),
    /// Nothing but `proxy_pass`, behind such directives.
    BareNginx(&'static str),
    /// The guide's block, with this time instead of its own.
    Haproxy(&'static str),
}

/// A running proxy; dropped, it is killed.
pub(crate) struct Proxy {
    pub(crate) ports: Ports,
    _child: Child,
}

impl Proxy {
    /// Starts one in front of an app, whose `/page` says where it is.
    pub(crate) async fn start(
        setting: Setting,
        app: SocketAddr,
        scratch: &Scratch,
    ) -> Result<Self> {
        certify(&scratch.0)?;
        let mut last = None;
        for _ in 0..TRIES {
            let ports = Ports::free()?;
            let mut child = run(setting, app, ports, &scratch.0)?;
            match timeout(STARTUP, begun(&mut child, ports.clear, app)).await {
                Ok(Ok(())) => return Ok(Self { ports, _child: child }),
                Ok(Err(error)) => last = Some(error.to_string()),
                Err(_elapsed) => last = Some("it does not hand requests on".to_owned()),
            }
        }
        let complaints = std::fs::read_to_string(scratch.0.join(ERRORS))?;
        Err(format!("{}: {complaints}", last.unwrap_or_default()).into())
    }
}

/// The connections over which so many streams came by HTTP/2, once all of them are over.
pub(crate) async fn connections_of(streams: usize, scratch: &Scratch) -> Result<BTreeSet<String>> {
    loop {
        let log = std::fs::read_to_string(scratch.0.join(REQUESTS))?;
        let lines = log.lines().filter(|line| line.contains("/salon/events?"));
        let lines: Vec<&str> = lines.filter(|line| line.contains(" HTTP/2.0")).collect();
        if lines.len() >= streams {
            let first = |line: &&str| line.split(' ').next().unwrap_or_default().to_owned();
            return Ok(lines.iter().map(first).collect());
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// A certificate for this machine: in one file, and its key and both in others.
fn certify(folder: &Path) -> Result<()> {
    let mut openssl = Run::new("openssl");
    openssl.current_dir(folder).args(["req", "-x509", "-nodes", "-newkey", "ec", "-days", "2"]);
    openssl.args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost"]);
    openssl.args(["-addext", "subjectAltName=IP:127.0.0.1"]);
    let output = openssl.args(["-keyout", "key.pem", "-out", "certificate.pem"]).output();
    let output = output.map_err(|error| missing_program("openssl".as_ref(), &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("openssl makes no certificate: {said}").into());
    }
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let both = [std::fs::read(certificate)?, std::fs::read(key)?].concat();
    Ok(std::fs::write(folder.join("both.pem"), both)?)
}

fn run(setting: Setting, app: SocketAddr, ports: Ports, folder: &Path) -> Result<Child> {
    let (program, text) = match setting {
        Setting::Nginx(more) => ("nginx", nginx(more, &guided(app, ports, folder)?, folder)),
        Setting::BareNginx(more) => ("nginx", nginx(more, &bare(app, ports), folder)),
        Setting::Haproxy(time) => ("haproxy", haproxy(app, ports, folder, time)?),
    };
    let file = folder.join(format!("{program}.conf"));
    std::fs::write(&file, text)?;
    let mut command = Command::new(program);
    match program {
        "nginx" => command.arg("-p").arg(folder).args(["-e", "stderr", "-c"]).arg(&file),
        _ => command.args(["-db", "-f"]).arg(&file),
    };
    let child = command
        .stdin(Stdio::null())
        // nginx writes there by itself.
        .stdout(std::fs::File::create(folder.join(REQUESTS))?)
        .stderr(std::fs::File::create(folder.join(ERRORS))?)
        .kill_on_drop(true)
        .spawn();
    child.map_err(|error| missing_program(program.as_ref(), &error))
}

/// As Debian has it around a server, but for its places, and for one process that ends when it is killed.
fn nginx(more: &str, servers: &str, folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "daemon off; master_process off; pid {folder}/pid;\n\
         events {{ worker_connections 768; }}\n\
         http {{\n\
         sendfile on; tcp_nopush on; types_hash_max_size 2048; gzip on;\n\
         default_type application/octet-stream;\n\
         client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n\
         fastcgi_temp_path {folder}/fastcgi; scgi_temp_path {folder}/scgi; uwsgi_temp_path {folder}/uwsgi;\n\
         log_format connections '$connection $request';\n\
         access_log {folder}/{REQUESTS} connections;\n\
         {more}\n{servers}\n}}\n"
    )
}

fn guided(app: SocketAddr, Ports { clear, secure }: Ports, folder: &Path) -> Result<String> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let listen = format!("listen {clear};\n    listen {secure} ssl http2;");
    filled_in(
        block("nginx")?,
        &[
            ("listen 443 ssl http2;", &listen),
            ("http://127.0.0.1:8080", &format!("http://{app}")),
            ("/etc/ssl/example.pem", &certificate.to_string_lossy()),
            ("/etc/ssl/example.key", &key.to_string_lossy()),
        ],
    )
}

fn bare(app: SocketAddr, Ports { clear, .. }: Ports) -> String {
    format!("server {{ listen {clear}; location / {{ proxy_pass http://{app}; }} }}")
}

fn haproxy(
    app: SocketAddr,
    Ports { clear, secure }: Ports,
    folder: &Path,
    time: &str,
) -> Result<String> {
    let both = folder.join("both.pem").to_string_lossy().into_owned();
    let bind = format!("bind {clear}\n    bind {secure} ssl");
    let times = ["client", "server"].map(|side| format!("timeout {side}  50s"));
    let used = ["client", "server"].map(|side| format!("timeout {side}  {time}"));
    let text = filled_in(
        block("haproxy")?,
        &[
            // As Debian has it.
            ("mode http\n", "mode http\n    log global\n    option httplog\n"),
            ("bind :443 ssl", &bind),
            ("/etc/haproxy/example.pem", &both),
            ("127.0.0.1:8080", &app.to_string()),
            (&times[0], &used[0]),
            (&times[1], &used[1]),
        ],
    )?;
    Ok(format!("global\n    log stdout format raw daemon\n\n{text}"))
}

/// Waits until it hands requests on to this app: another one's proxy may have come to its port first.
async fn begun(child: &mut Child, clear: SocketAddr, app: SocketAddr) -> Result<()> {
    loop {
        let page = Request::new("GET", "/page").send(clear).await;
        if page.is_ok_and(|page| page.text().contains(&app.to_string())) {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            return Err(format!("it ended with {status}").into());
        }
        sleep(Duration::from_millis(20)).await;
    }
}

//! A program that listens by WASI 0.2; test/e2e/tcp.test.ts asks for what the first argument says.

wit_bindgen::generate!({
    path: "handler.wit",
    world: "local:tcp/program",
    generate_all,
});

mod states;

use exports::wasi::cli::run::Guest;
use wasi::cli::{environment, stdout};
use wasi::io::poll::{poll, Pollable};
use wasi::io::streams::{InputStream, OutputStream, StreamError};
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasi::sockets::tcp::{ShutdownType, TcpSocket};
use wasi::sockets::tcp_create_socket::create_tcp_socket;

struct Component;
export!(Component);

impl Guest for Component {
    fn run() -> Result<(), ()> {
        let args = environment::get_arguments();
        let ended = match args.get(1).map(String::as_str) {
            Some("echo") => echo(args[2].parse().unwrap()),
            Some("itself") => itself(),
            Some("states") => states::print_states(),
            Some("greedy") => greedy(),
            _ => answer(),
        };
        ended.map_err(|code| print(&format!("failed: {}\n", code.name())))
    }
}

pub fn print(text: &str) {
    stdout::get_stdout().blocking_write_and_flush(text.as_bytes()).unwrap();
}

pub fn loopback(port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (127, 0, 0, 1) })
}

/// Asks again whenever the socket is ready, until there is an answer.
fn wait<T>(socket: &TcpSocket, ask: impl Fn(&TcpSocket) -> Result<T, ErrorCode>) -> Result<T, ErrorCode> {
    let pollable = socket.subscribe();
    loop {
        match ask(socket) {
            Err(ErrorCode::WouldBlock) => pollable.block(),
            answer => return answer,
        }
    }
}

pub fn create() -> Result<TcpSocket, ErrorCode> {
    create_tcp_socket(IpAddressFamily::Ipv4)
}

pub fn bind() -> Result<TcpSocket, ErrorCode> {
    let socket = create()?;
    socket.start_bind(&instance_network(), loopback(0))?;
    wait(&socket, TcpSocket::finish_bind)?;
    Ok(socket)
}

pub fn listen() -> Result<TcpSocket, ErrorCode> {
    let socket = bind()?;
    socket.set_listen_backlog_size(16)?;
    socket.start_listen()?;
    wait(&socket, TcpSocket::finish_listen)?;
    Ok(socket)
}

pub fn accept(listener: &TcpSocket) -> Result<Connection, ErrorCode> {
    let (socket, input, output) = wait(listener, TcpSocket::accept)?;
    Ok(Connection { socket, input, output })
}

pub fn connect(address: IpSocketAddress) -> Result<Connection, ErrorCode> {
    let socket = create()?;
    socket.start_connect(&instance_network(), address)?;
    let (input, output) = wait(&socket, TcpSocket::finish_connect)?;
    Ok(Connection { socket, input, output })
}

fn port_of(socket: &TcpSocket) -> Result<u16, ErrorCode> {
    Ok(match socket.local_address()? {
        IpSocketAddress::Ipv4(address) => address.port,
        IpSocketAddress::Ipv6(address) => address.port,
    })
}

/// Its streams are children of the socket: fields are dropped in this order.
pub struct Connection {
    pub input: InputStream,
    pub output: OutputStream,
    pub socket: TcpSocket,
}

impl Connection {
    /// Gives back what is there; false at the end.
    fn echo(&self) -> bool {
        match self.input.read(64 * 1024) {
            Ok(bytes) => {
                for part in bytes.chunks(4096) {
                    self.output.blocking_write_and_flush(part).unwrap();
                }
                true
            }
            Err(StreamError::Closed) => {
                self.socket.shutdown(ShutdownType::Send).unwrap();
                false
            }
            Err(StreamError::LastOperationFailed(_)) => false,
        }
    }

    fn read_to_end(&self) -> Vec<u8> {
        let mut got = Vec::new();
        while let Ok(bytes) = self.input.blocking_read(64 * 1024) {
            got.extend(bytes);
        }
        got
    }
}

/// Echoes so many connections, all at once.
fn echo(mut left: usize) -> Result<(), ErrorCode> {
    let listener = listen()?;
    let arrives = listener.subscribe();
    print(&format!("listening {}\n", port_of(&listener)?));
    // The pollable is a child of the stream, so it is dropped first.
    let mut open: Vec<(Pollable, Connection)> = Vec::new();
    while left > 0 || !open.is_empty() {
        let mut waits: Vec<&Pollable> = open.iter().map(|(pollable, _)| pollable).collect();
        if left > 0 {
            waits.push(&arrives);
        }
        poll(&waits);
        open.retain(|(pollable, connection)| !pollable.ready() || connection.echo());
        while left > 0 {
            match listener.accept() {
                Ok((socket, input, output)) => {
                    open.push((input.subscribe(), Connection { socket, input, output }));
                    left -= 1;
                }
                Err(ErrorCode::WouldBlock) => break,
                Err(code) => return Err(code),
            }
        }
    }
    print("done\n");
    Ok(())
}

/// Listens and connects to itself; each end sends a little, the other answers with what it got.
fn itself() -> Result<(), ErrorCode> {
    let listener = listen()?;
    let outer = connect(loopback(port_of(&listener)?))?;
    let inner = accept(&listener)?;
    print(&format!("{}\n", port_of(&outer.socket)? == match inner.socket.remote_address()? {
        IpSocketAddress::Ipv4(address) => address.port,
        IpSocketAddress::Ipv6(address) => address.port,
    }));
    for (from, to) in [(&outer, &inner), (&inner, &outer)] {
        from.output.blocking_write_and_flush(&[b'x'; 4096]).unwrap();
        from.socket.shutdown(ShutdownType::Send)?;
        print(&format!("{}\n", to.read_to_end().len()));
    }
    Ok(())
}

/// Takes all the sockets there are, each with a port.
fn greedy() -> Result<(), ErrorCode> {
    let mut taken = Vec::new();
    loop {
        match listen() {
            Ok(socket) => taken.push(socket),
            Err(code) => {
                print(&format!("{} {}\n", taken.len(), code.name()));
                return Ok(());
            }
        }
    }
}

/// As a CGI program: whether it may listen.
fn answer() -> Result<(), ErrorCode> {
    let may = match listen() {
        Ok(_) => "yes",
        Err(code) => code.name(),
    };
    print(&format!("content-type: text/plain\n\n{may}\n"));
    Ok(())
}

//! What each function says in each state that needs no other thing to be reached.

use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::ErrorCode;
use crate::wasi::sockets::tcp::{ShutdownType, TcpSocket};
use crate::{accept, bind, connect, create, listen, loopback, print};

fn code<T>(result: Result<T, ErrorCode>) -> String {
    match result {
        Ok(_) => "ok".to_string(),
        Err(code) => code.name().to_string(),
    }
}

/// Functions that would leave the state are left out where they would.
fn tell(state: &str, socket: &TcpSocket) {
    let network = instance_network();
    let told = [
        ("finish-bind", code(socket.finish_bind())),
        ("finish-connect", code(socket.finish_connect())),
        ("finish-listen", code(socket.finish_listen())),
        ("accept", code(socket.accept())),
        ("remote-address", code(socket.remote_address())),
        ("local-address", code(socket.local_address())),
        ("is-listening", format!("{}", socket.is_listening())),
        ("ready", format!("{}", socket.subscribe().ready())),
        ("family", format!("{:?}", socket.address_family())),
        ("backlog 0", code(socket.set_listen_backlog_size(0))),
        ("backlog", code(socket.set_listen_backlog_size(9))),
        ("idle 0", code(socket.set_keep_alive_idle_time(0))),
        ("interval 0", code(socket.set_keep_alive_interval(0))),
        ("count 0", code(socket.set_keep_alive_count(0))),
        ("hop limit 0", code(socket.set_hop_limit(0))),
        ("receive buffer 0", code(socket.set_receive_buffer_size(0))),
        ("send buffer 0", code(socket.set_send_buffer_size(0))),
        ("keep-alive", code(socket.set_keep_alive_enabled(true))),
        ("idle", code(socket.set_keep_alive_idle_time(7_000_000_000))),
        ("interval", code(socket.set_keep_alive_interval(3_000_000_000))),
        ("count", code(socket.set_keep_alive_count(4))),
        ("hop limit", code(socket.set_hop_limit(50))),
        (
            "options",
            format!(
                "{:?} {:?} {:?} {:?} {:?}",
                socket.keep_alive_enabled(),
                socket.keep_alive_idle_time(),
                socket.keep_alive_interval(),
                socket.keep_alive_count(),
                socket.hop_limit()
            ),
        ),
        ("start-connect to port 0", code(socket.start_connect(&network, loopback(0)))),
    ];
    for (name, says) in told {
        print(&format!("{state}, {name}: {says}\n"));
    }
}

pub fn print_states() -> Result<(), ErrorCode> {
    let network = instance_network();
    let unbound = create()?;
    tell("unbound", &unbound);
    print(&format!("unbound, start-listen: {}\n", code(unbound.start_listen())));
    print(&format!("unbound, shutdown: {}\n", code(unbound.shutdown(ShutdownType::Both))));

    let bound = bind()?;
    tell("bound", &bound);
    print(&format!("bound, start-bind: {}\n", code(bound.start_bind(&network, loopback(0)))));
    print(&format!("bound, shutdown: {}\n", code(bound.shutdown(ShutdownType::Both))));

    let listening = listen()?;
    tell("listening", &listening);
    print(&format!("listening, start-bind: {}\n", code(listening.start_bind(&network, loopback(0)))));
    print(&format!("listening, start-listen: {}\n", code(listening.start_listen())));
    print(&format!("listening, shutdown: {}\n", code(listening.shutdown(ShutdownType::Both))));

    let address = listening.local_address()?;
    let taken = create()?;
    print(&format!("bind where one listens: {}\n", code(taken.start_bind(&network, address))));

    let connected = connect(address)?;
    tell("connected", &connected.socket);
    print(&format!("connected, start-listen: {}\n", code(connected.socket.start_listen())));
    let accepted = accept(&listening)?;
    tell("accepted", &accepted.socket);
    for _ in 0..2 {
        print(&format!("accepted, shutdown: {}\n", code(accepted.socket.shutdown(ShutdownType::Both))));
    }

    let binding = create()?;
    binding.start_bind(&network, loopback(0))?;
    print(&format!("bind-in-progress, start-bind: {}\n", code(binding.start_bind(&network, loopback(0)))));
    print(&format!("bind-in-progress, start-listen: {}\n", code(binding.start_listen())));
    print(&format!("bind-in-progress, finish-listen: {}\n", code(binding.finish_listen())));
    binding.finish_bind()?;
    binding.start_listen()?;
    print(&format!("listen-in-progress, start-listen: {}\n", code(binding.start_listen())));
    print(&format!("listen-in-progress, finish-bind: {}\n", code(binding.finish_bind())));
    Ok(())
}

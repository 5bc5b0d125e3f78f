#include "server/http/pistache_transport.h"

#include <pistache/listener.h>
#include <pistache/peer.h>
#include <pistache/tcp.h>
#include <pistache/transport.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include "server/storage/product_table.h"

namespace products {
namespace {

namespace Polling = Pistache::Polling;

// What every worker of one listener is made from.
struct WorkerParts {
  const RouteTable& routes;
  Services& services;
  const Clock& clock;
  ServerState& state;
};

// The transports that Pistache cloned, kept alive past its threads.
class TransportRegistry;

// Sits where Pistache puts its HTTP layer: on the reactor of one worker thread. New connections
// arrive through Pistache's own queue, which the base class reads; everything else is ours.
class WorkerTransport final : public Pistache::Tcp::Transport, public Poller {
 public:
  WorkerTransport(const std::shared_ptr<Pistache::Tcp::Handler>& handler, const WorkerParts& parts,
                  TransportRegistry& registry);
  ~WorkerTransport() override;

  std::shared_ptr<Pistache::Aio::Handler> clone() const override;
  void registerPoller(Polling::Epoll& poller) override;
  void onReady(const Pistache::Aio::FdSet& ready) override;

  void OnConnected(int descriptor) { worker_.OnConnected(descriptor); }
  const Worker& worker() const { return worker_; }

 private:
  void WatchWritable(int descriptor, bool on) override;
  void Close(int descriptor) override;
  std::uint64_t ReadTimer();
  void TakeConnections();

  const WorkerParts parts_;
  TransportRegistry& registry_;
  std::shared_ptr<Pistache::Tcp::Handler> tcp_handler_;
  int timer_ = -1;
  std::vector<int> pistaches_own_;  // its eventfds, as they were seen
  Worker worker_;
};

// Pistache tells a handler, not the transport, of a new connection.
class ConnectionNotice final : public Pistache::Tcp::Handler {
  PROTOTYPE_OF(Pistache::Tcp::Handler, ConnectionNotice)

 public:
  void onInput(const char*, std::size_t, const std::shared_ptr<Pistache::Tcp::Peer>&) override {}
  void onConnection(const std::shared_ptr<Pistache::Tcp::Peer>& peer) override {
    static_cast<WorkerTransport*>(transport())->OnConnected(peer->fd());
  }
};

class TransportRegistry {
 public:
  void Add(std::shared_ptr<WorkerTransport> transport) {
    const std::lock_guard lock(mutex_);
    transports_.push_back(std::move(transport));
  }

  std::int64_t LastRequest() const {
    const std::lock_guard lock(mutex_);
    std::int64_t last = 0;
    for (const auto& transport : transports_) {
      last = std::max(last, transport->worker().last_request());
    }
    return last;
  }

  std::int64_t RequestsInFlight() const {
    const std::lock_guard lock(mutex_);
    std::int64_t requests = 0;
    for (const auto& transport : transports_) {
      requests += transport->worker().metrics().requests_in_flight();
    }
    return requests;
  }

 private:
  mutable std::mutex mutex_;  // guards transports_
  std::vector<std::shared_ptr<WorkerTransport>> transports_;
};

WorkerTransport::WorkerTransport(const std::shared_ptr<Pistache::Tcp::Handler>& handler,
                                 const WorkerParts& parts, TransportRegistry& registry)
    : Pistache::Tcp::Transport(handler),
      parts_(parts),
      registry_(registry),
      tcp_handler_(handler),
      worker_(parts.routes, parts.services, parts.clock, parts.state, *this) {}

WorkerTransport::~WorkerTransport() {
  if (timer_ >= 0) ::close(timer_);
}

// Once for each worker thread.
std::shared_ptr<Pistache::Aio::Handler> WorkerTransport::clone() const {
  auto copy = std::make_shared<WorkerTransport>(tcp_handler_->clone(), parts_, registry_);
  registry_.Add(copy);
  return copy;
}

void WorkerTransport::registerPoller(Polling::Epoll& poller) {
  Pistache::Tcp::Transport::registerPoller(poller);
  timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  itimerspec every{};
  every.it_value.tv_nsec = every.it_interval.tv_nsec =
      std::chrono::nanoseconds(Worker::kTick).count();
  ::timerfd_settime(timer_, 0, &every, nullptr);
  const auto on_read = Pistache::Flags<Polling::NotifyOn>(Polling::NotifyOn::Read);
  poller.addFd(timer_, on_read, Polling::Tag(static_cast<std::uint64_t>(timer_)));
  const int mail = worker_.mail_descriptor();
  poller.addFd(mail, on_read, Polling::Tag(static_cast<std::uint64_t>(mail)));
}

// An exception that left this function would end the process; ours throw none, and what a library
// throws here (no memory, no descriptor) is no state to go on from.
void WorkerTransport::onReady(const Pistache::Aio::FdSet& ready) {
  const ProductTable::ReadGuard guard;
  worker_.BeginWakeUp();
  // What is Pistache's is found before anything is served: a connection that is closed while this
  // batch is served leaves an entry behind, and Pistache would take it for the next connection of
  // that number.
  bool take_connections = false;
  for (const auto& entry : ready) {
    const int descriptor = static_cast<int>(entry.getTag().value());
    if (worker_.Owns(descriptor) || descriptor == worker_.mail_descriptor()) continue;
    take_connections = true;
    if (descriptor == timer_) continue;
    if (std::find(pistaches_own_.begin(), pistaches_own_.end(), descriptor) ==
        pistaches_own_.end()) {
      pistaches_own_.push_back(descriptor);
    }
  }
  for (const auto& entry : ready) {
    const int descriptor = static_cast<int>(entry.getTag().value());
    if (worker_.Owns(descriptor)) {
      worker_.OnReady(descriptor, entry.isWritable());
    } else if (descriptor == worker_.mail_descriptor()) {
      worker_.OnMail();
    } else if (descriptor == timer_) {
      if (const std::uint64_t expirations = ReadTimer()) worker_.OnTick(expirations);
    }
  }
  if (!take_connections) return;
  // Twice, and at every tick: Pistache's queue forgets the wake-up of what is put into it between
  // its last look and its read of the eventfd.
  TakeConnections();
  TakeConnections();
  worker_.RefuseSurplus();
}

void WorkerTransport::TakeConnections() {
  std::vector<Polling::Event> events;
  for (const int descriptor : pistaches_own_) {
    Polling::Event event{Polling::Tag(static_cast<std::uint64_t>(descriptor))};
    event.flags.setFlag(Polling::NotifyOn::Read);
    events.push_back(event);
  }
  if (!events.empty()) {
    Pistache::Tcp::Transport::onReady(Pistache::Aio::FdSet(std::move(events)));
  }
}

// How often it has expired since it was last read.
std::uint64_t WorkerTransport::ReadTimer() {
  std::uint64_t expirations = 0;
  (void)!::read(timer_, &expirations, sizeof expirations);
  return expirations;
}

void WorkerTransport::WatchWritable(int descriptor, bool on) {
  const Polling::NotifyOn interest =
      on ? Polling::NotifyOn::Read | Polling::NotifyOn::Write : Polling::NotifyOn::Read;
  reactor()->modifyFd(key(), descriptor, interest, Polling::Mode::Edge);
}

void WorkerTransport::Close(int descriptor) {
  const auto found = peers.find(descriptor);
  if (found == peers.end()) return;
  const std::shared_ptr<Pistache::Tcp::Peer> peer = found->second;  // removePeer erases the entry
  removePeer(peer);
}

Error CannotListen(const ListenAddress& address, const std::exception& failure) {
  return {ErrorCode::kUnavailable, "cannot listen on " + RenderListenAddress(address),
          failure.what()};
}

}  // namespace

class PistacheListener::State {
 public:
  State(const Options& options, const WorkerParts& parts)
      : address(options.address),
        listener(Pistache::Address(RenderListenAddress(
            {options.address.host, options.address.port, options.address.is_ipv6}))) {
    listener.init(static_cast<std::size_t>(options.workers),
                  Pistache::Flags<Pistache::Tcp::Options>(Pistache::Tcp::Options::ReuseAddr) |
                      Pistache::Tcp::Options::NoDelay,
                  options.name, options.backlog);
    const auto handler = std::make_shared<ConnectionNotice>();
    listener.setHandler(handler);
    listener.setTransportFactory([this, handler, parts] {
      return std::make_shared<WorkerTransport>(handler, parts, registry);
    });
  }

  ListenAddress address;
  TransportRegistry registry;
  Pistache::Tcp::Listener listener;
  bool running = false;
};

PistacheListener::PistacheListener(std::unique_ptr<State> state) : state_(std::move(state)) {}

PistacheListener::~PistacheListener() { Stop(); }

Result<std::unique_ptr<PistacheListener>> PistacheListener::Bind(const Options& options,
                                                                 const RouteTable& routes,
                                                                 Services& services,
                                                                 const Clock& clock,
                                                                 ServerState& state) {
  try {
    auto listener = std::make_unique<State>(options, WorkerParts{routes, services, clock, state});
    listener->listener.bind();
    listener->address.port = static_cast<std::uint16_t>(listener->listener.getPort());
    return std::unique_ptr<PistacheListener>(new PistacheListener(std::move(listener)));
  } catch (const std::exception& failure) {
    return CannotListen(options.address, failure);
  }
}

Status PistacheListener::Serve() {
  try {
    state_->listener.runThreaded();
    state_->running = true;
    return {};
  } catch (const std::exception& failure) {
    return CannotListen(state_->address, failure);
  }
}

ListenAddress PistacheListener::address() const { return state_->address; }

std::int64_t PistacheListener::last_request() const { return state_->registry.LastRequest(); }

std::int64_t PistacheListener::requests_in_flight() const {
  return state_->registry.RequestsInFlight();
}

void PistacheListener::Stop() {
  if (std::exchange(state_->running, false)) state_->listener.shutdown();
}

}  // namespace products

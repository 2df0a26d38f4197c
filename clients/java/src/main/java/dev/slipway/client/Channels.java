package dev.slipway.client;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Opens channels to hosts. */
final class Channels {
  /** Maximum size of a message to receive, in bytes. A message can contain the log of a step. */
  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  private Channels() {}

  /**
   * Opens a channel.
   *
   * @param tokens the tokens of calls on TCP; null for that of the address
   */
  static ManagedChannel open(HostAddress address, TokenSource tokens) throws IOException {
    NettyChannelBuilder builder = address.socket() != null ? unix(address.socket()) : tcp(address, tokens);
    return builder.maxInboundMessageSize(MAX_MESSAGE_BYTES).build();
  }

  private static NettyChannelBuilder unix(Path socket) {
    // Daemon threads do not prevent the program from exiting.
    EventLoopGroup threads = new EpollEventLoopGroup(1, new DefaultThreadFactory("slipway", true));
    return NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toString()))
        .overrideAuthority("localhost")
        .channelFactory(() -> openSafely(socket))
        .eventLoopGroup(threads)
        // An option of TCP, which causes a warning on other channels.
        .withOption(ChannelOption.SO_KEEPALIVE, null)
        .usePlaintext();
  }

  /** Checks the socket's folder before each connection. */
  private static Channel openSafely(Path socket) {
    try {
      SocketFolder.check(socket.getParent());
      return new EpollDomainSocketChannel();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static NettyChannelBuilder tcp(HostAddress address, TokenSource tokens) throws IOException {
    NettyChannelBuilder builder = NettyChannelBuilder.forAddress(address.uri().getHost(), address.port());
    if (address.isTls()) builder.sslContext(trust(address.certificates()).build());
    else builder.usePlaintext();
    if (tokens != null) return builder.intercept(new SendTokens(tokens));
    return address.token().isEmpty() ? builder : builder.intercept(new SendTokens(address::token));
  }

  /** Trusts ca.pem and presents cert.pem and key.pem of a folder, if they exist. */
  private static SslContextBuilder trust(Path folder) {
    SslContextBuilder builder = GrpcSslContexts.forClient();
    if (folder == null) return builder;
    File ca = folder.resolve("ca.pem").toFile();
    File certificate = folder.resolve("cert.pem").toFile();
    if (ca.exists()) builder.trustManager(ca);
    if (certificate.exists()) builder.keyManager(certificate, folder.resolve("key.pem").toFile());
    return builder;
  }
}

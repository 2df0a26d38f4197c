package dev.slipway.client;

import com.google.protobuf.Message;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;

/** The answers of a list method, page by page. */
final class Pages<Q extends Message, A extends Message> implements Iterator<A> {
  private final Function<Q, A> list;
  /** The next request; null after the last page. */
  private Q next;

  Pages(Function<Q, A> list, Q request) {
    this.list = list;
    this.next = request;
  }

  @Override
  public boolean hasNext() {
    return next != null;
  }

  @Override
  public A next() {
    if (next == null) throw new NoSuchElementException();
    A page = call();
    Object token = page.getField(page.getDescriptorForType().findFieldByName("next_page_token"));
    next = "".equals(token) ? null : withToken(next, token);
    return page;
  }

  private A call() {
    try {
      return list.apply(next);
    } catch (StatusRuntimeException error) {
      throw SlipwayException.of(error);
    }
  }

  @SuppressWarnings("unchecked")
  private static <Q extends Message> Q withToken(Q request, Object token) {
    return (Q) request.toBuilder().setField(request.getDescriptorForType().findFieldByName("page_token"), token).build();
  }
}

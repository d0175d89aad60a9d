"""A gRPC proxy that passes bytes on as they are, but for the faults of its script."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from tests.faults.faults import Reset, Silence, Slow, Status
from tests.faults.relay import HOST, Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.faults import Effect, Script

STREAMS = {"ReadRows"}
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Storage(grpc.GenericRpcHandler):
    """The proxy of one server. Messages are not parsed."""

    def __init__(self, upstream: str, script: Script) -> None:
        self._script = script
        self._channel = grpc.insecure_channel(upstream, options=_UNLIMITED)
        self._server = grpc.server(
            ThreadPoolExecutor(16),
            handlers=(self,),
            options=[*_UNLIMITED, ("grpc.so_reuseport", 0)],
        )
        self._relay = Relay(self._server.add_insecure_port(f"{HOST}:0"))
        self.address = self._relay.address
        self._server.start()

    def service(self, handler_call_details: Any) -> grpc.RpcMethodHandler:
        """How a call is served; see `grpc.GenericRpcHandler`."""
        method = handler_call_details.method
        if method.rpartition("/")[2] in STREAMS:
            return grpc.unary_stream_rpc_method_handler(functools.partial(self._stream, method))
        return grpc.unary_unary_rpc_method_handler(functools.partial(self._unary, method))

    def close(self) -> None:
        """Serve no more."""
        self._relay.close()
        self._server.stop(None).wait()
        self._channel.close()

    def _unary(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        effect = self._script.meet(method.rpartition("/")[2], request)
        self._befall(effect, 0, context)
        try:
            answer: bytes = self._channel.unary_unary(method)(request)
        except grpc.RpcError as error:
            _fail(context, error)
        return answer

    def _stream(
        self, method: str, request: bytes, context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        effect, sent = self._script.meet(method.rpartition("/")[2], request), 0
        call = self._channel.unary_stream(method)(request)
        try:
            for message in call:
                self._befall(effect, sent, context)
                yield message
                sent += 1
        except grpc.RpcError as error:
            _fail(context, error)
        finally:
            call.cancel()

    def _befall(self, effect: Effect | None, sent: int, context: grpc.ServicerContext) -> None:
        if isinstance(effect, Silence):
            self._script.over.wait()
        elif isinstance(effect, Slow):
            self._script.over.wait(effect.seconds)
        elif isinstance(effect, Reset) and sent == effect.after:
            self._relay.reset()
            context.abort(grpc.StatusCode.CANCELLED, "nobody hears this")
        elif isinstance(effect, Status) and sent == effect.after:
            if effect.retry_seconds is not None:
                context.set_trailing_metadata(_retry_info(effect))
            context.abort(grpc.StatusCode[effect.code], effect.message)


def _fail(context: grpc.ServicerContext, error: Any) -> None:
    context.set_trailing_metadata(error.trailing_metadata() or ())
    context.abort(error.code(), error.details())


def _retry_info(status: Status) -> tuple[tuple[str, bytes], ...]:
    info, packed = error_details_pb2.RetryInfo(), any_pb2.Any()
    info.retry_delay.FromNanoseconds(int((status.retry_seconds or 0) * 1e9))
    packed.Pack(info)
    number = grpc.StatusCode[status.code].value[0]
    found = status_pb2.Status(code=number, message=status.message, details=[packed])
    return (("grpc-status-details-bin", found.SerializeToString()),)

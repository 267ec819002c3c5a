/* ZeroMQ in a browser: ZWS 2.0 (RFC 45, https://rfc.zeromq.org/spec/45/) over
 * the browser's own WebSocket, without dependencies.
 *
 *   const sub = new ZwsSubscriber("ws://127.0.0.1:5557");
 *   sub.onmessage = ([topic, body]) => console.log(ZwsSocket.text(topic), ZwsSocket.text(body));
 *   sub.subscribe("oslo");
 *
 *   const dealer = new ZwsSocket("ws://127.0.0.1:5558");   // or a PUSH, PULL, PAIR
 *   dealer.onopen = () => dealer.send("several", new Uint8Array([1, 2, 3]), "parts");
 *   dealer.onmessage = parts => console.log(parts.map(ZwsSocket.text));
 *
 * It speaks the dialect for simple clients, "ZWS2.0": no mechanism, so the
 * server's socket must have neither PLAIN nor CURVE nor a ZAP domain. Each part
 * of a message is one binary WebSocket message; its first byte has flags:
 * 1, more parts follow; 2, a command. The first that each side sends is its
 * routing id, which may be empty.
 *
 * A classic script, so that a page opened from a file can load it too. */

"use strict";

/* One connection to a socket that is bound to a ws:// endpoint. */
class ZwsSocket {
    static MORE = 1;
    static COMMAND = 2;

    /* `routingId`: what a ROUTER knows this end by; empty: it makes one up. */
    constructor(url, routingId = "") {
        this.onopen = () => {};     // ready to send
        this.onmessage = () => {};  // an array of Uint8Array, the parts
        this.onclose = () => {};    // the WebSocket's event; also if it never opened
        this.peerRoutingId = null;  // theirs, once it has come
        this.parts = [];            // of the message that is arriving
        this.websocket = new WebSocket(url, "ZWS2.0");
        this.websocket.binaryType = "arraybuffer";
        this.websocket.onopen = () => this.#sendFrame(0, routingId);
        this.websocket.onmessage = event => this.#receive(event.data);
        this.websocket.onclose = event => this.onclose(event);
    }

    /* Whether messages can be sent: after onopen, before onclose. */
    get open() {
        return this.peerRoutingId !== null && this.websocket.readyState === WebSocket.OPEN;
    }

    /* Sends one message. Parts are strings, sent as UTF-8, or Uint8Array. */
    send(...parts) {
        if (!this.open)
            throw new Error("not connected");
        parts.forEach((part, at) => this.#sendFrame(at + 1 < parts.length ? ZwsSocket.MORE : 0, part));
    }

    close() {
        this.websocket.close();
    }

    #sendFrame(flags, part) {
        const body = ZwsSocket.bytes(part);
        const frame = new Uint8Array(1 + body.length);
        frame[0] = flags;
        frame.set(body, 1);
        this.websocket.send(frame);
    }

    #receive(data) {
        // Text, or nothing at all: the other end does not speak ZWS.
        if (!(data instanceof ArrayBuffer) || data.byteLength === 0)
            return this.close();
        const flags = new Uint8Array(data)[0], body = new Uint8Array(data, 1);
        if (this.peerRoutingId === null) {
            this.peerRoutingId = body;
            this.onopen();
        } else if (!(flags & ZwsSocket.COMMAND)) {
            // This dialect has no commands; what comes all the same is no message.
            this.parts.push(body);
            if (!(flags & ZwsSocket.MORE))
                this.onmessage(this.parts.splice(0));
        }
    }

    static bytes(part) {
        return typeof part === "string" ? new TextEncoder().encode(part) : part;
    }

    static text(part) {
        return new TextDecoder().decode(part);
    }
}

/* A SUB for a PUB or XPUB: remembers what it has subscribed to, and connects
 * again when the connection is lost. */
class ZwsSubscriber {
    /* `retry`: milliseconds between attempts to connect. */
    constructor(url, retry = 500) {
        this.onmessage = () => {};  // an array of Uint8Array, the parts
        this.onstate = () => {};    // "connecting", "connected" or "closed"
        this.state = "connecting";
        this.topics = new Set();
        this.url = url;
        this.retry = retry;
        this.#connect();
    }

    /* Wants messages whose first part starts with `topic`, a string; "" is all. */
    subscribe(topic) {
        if (!this.topics.has(topic)) {
            this.topics.add(topic);
            this.#tell(1, topic);
        }
    }

    unsubscribe(topic) {
        if (this.topics.delete(topic))
            this.#tell(0, topic);
    }

    /* For good. */
    close() {
        clearTimeout(this.timer);
        this.#enter("closed");
        this.socket.close();
    }

    #connect() {
        this.socket = new ZwsSocket(this.url);
        this.socket.onmessage = parts => this.onmessage(parts);
        this.socket.onopen = () => {
            this.topics.forEach(topic => this.#tell(1, topic));
            this.#enter("connected");
        };
        this.socket.onclose = () => {
            if (this.state === "closed")
                return;
            this.#enter("connecting");
            this.timer = setTimeout(() => this.#connect(), this.retry);
        };
    }

    /* A subscription is a message: 1, or 0 to cancel it, and the topic. */
    #tell(wanted, topic) {
        if (this.socket.open)
            this.socket.send(String.fromCharCode(wanted) + topic);
    }

    #enter(state) {
        if (state !== this.state) {
            this.state = state;
            this.onstate(state);
        }
    }
}

// usage: node zeromq.js PACKAGE-DIRECTORY
//
// zeromq.js waits for ZMQ_FD in libuv's loop, so it hangs where an edge is lost: with promises, in streams both ways at
// once, through its compatibility layer, and from several worker threads.

"use strict"
const assert = require("assert")
const {Worker, isMainThread, workerData} = require("worker_threads")
const directory = isMainThread ? process.argv[2] : workerData.directory
const zmq = require(directory)

async function request_and_reply() {
    const server = new zmq.Reply(), client = new zmq.Request()
    await server.bind("tcp://127.0.0.1:*")
    client.connect(server.lastEndpoint)
    for (let i = 0; i < 1000; i++) {
        await client.send([`request ${i}`, "part"])
        const request = await server.receive()
        assert.deepStrictEqual(request.map(String), [`request ${i}`, "part"])
        await server.send(`reply ${i}`)
        assert.strictEqual(String(await client.receive()), `reply ${i}`)
    }
    client.close()
    server.close()
}

async function publish_and_subscribe() {
    const publisher = new zmq.XPublisher(), subscriber = new zmq.Subscriber()
    await publisher.bind("tcp://127.0.0.1:*")
    subscriber.connect(publisher.lastEndpoint)
    subscriber.subscribe("weather")
    assert.deepStrictEqual((await publisher.receive()).map(String), ["\x01weather"])
    await publisher.send(["sports", "lost"])
    await publisher.send(["weather", "fine"])
    assert.deepStrictEqual((await subscriber.receive()).map(String), ["weather", "fine"])
    subscriber.unsubscribe("weather")
    assert.deepStrictEqual((await publisher.receive()).map(String), ["\x00weather"])
    subscriber.close()
    publisher.close()
}

async function streams_both_ways() {
    const router = new zmq.Router(), dealer = new zmq.Dealer({routingId: "dealer"})
    await router.bind("tcp://127.0.0.1:*")
    dealer.connect(router.lastEndpoint)
    const count = 5000
    const echo = async () => {
        for (let i = 0; i < count; i++) {
            const [id, number] = await router.receive()
            assert.strictEqual(String(id), "dealer")
            await router.send([id, number])
        }
    }
    const send = async () => {
        for (let i = 0; i < count; i++) await dealer.send(String(i))
    }
    const receive = async () => {
        for (let i = 0; i < count; i++) assert.strictEqual(String(await dealer.receive()), String(i))
    }
    await Promise.all([echo(), send(), receive()])
    dealer.close()
    router.close()
}

async function backpressure() {
    const push = new zmq.Push({sendHighWaterMark: 1}), pull = new zmq.Pull({receiveHighWaterMark: 1})
    await pull.bind("inproc://backpressure")
    push.connect("inproc://backpressure")
    await push.send("1")
    await push.send("2")
    let sent = false
    const third = push.send("3").then(() => (sent = true))
    await new Promise(resolve => setImmediate(resolve))
    assert(!sent)
    for (const text of ["1", "2"]) assert.strictEqual(String(await pull.receive()), text)
    await third
    assert.strictEqual(String(await pull.receive()), "3")
    push.close()
    pull.close()
}

async function timeouts_and_errors() {
    const pull = new zmq.Pull({receiveTimeout: 10})
    await assert.rejects(pull.receive(), {code: "EAGAIN"})
    await pull.bind("tcp://127.0.0.1:*")
    const other = new zmq.Pull()
    await assert.rejects(other.bind(pull.lastEndpoint), {code: "EADDRINUSE"})
    assert.throws(() => other.connect("foo://bar"), {code: "EPROTONOSUPPORT"})
    const endpoint = pull.lastEndpoint
    await pull.unbind(endpoint)
    await other.bind(endpoint)
    pull.close()
    other.close()
    assert(other.closed)
}

async function curve() {
    const server = zmq.curveKeyPair(), client = zmq.curveKeyPair()
    const push = new zmq.Push({curveServer: true, curveSecretKey: server.secretKey, linger: 0})
    await push.bind("tcp://127.0.0.1:*")
    const pull = new zmq.Pull({
        curveServerKey: server.publicKey, curvePublicKey: client.publicKey, curveSecretKey: client.secretKey
    })
    pull.connect(push.lastEndpoint)
    await push.send(["secret", Buffer.alloc(100000, "x")])
    const [text, block] = await pull.receive()
    assert.strictEqual(String(text), "secret")
    assert(block.equals(Buffer.alloc(100000, "x")))
    push.close()
    pull.close()
}

async function authentication() {
    const handler = new zmq.Reply(), server = new zmq.Dealer({plainServer: true, zapDomain: "test"})
    await handler.bind("inproc://zeromq.zap.01")
    await server.bind("tcp://127.0.0.1:*")
    const asked = (async () => {
        const [version, id, domain, , , mechanism, name, password] = (await handler.receive()).map(String)
        assert.deepStrictEqual([domain, mechanism, name, password], ["test", "PLAIN", "admin", "secret"])
        await handler.send([version, id, "200", "OK", "somebody", ""])
    })()
    const client = new zmq.Dealer({plainUsername: "admin", plainPassword: "secret"})
    client.connect(server.lastEndpoint)
    await client.send("hello")
    assert.strictEqual(String((await server.receive())[0]), "hello")
    await asked
    for (const socket of [client, server, handler]) socket.close()
}

async function events() {
    const server = new zmq.Dealer(), client = new zmq.Dealer(), seen = []
    const watch = (async () => {
        for await (const event of server.events) {
            seen.push(event.type)
            if (event.type === "disconnect") break
        }
    })()
    await server.bind("tcp://127.0.0.1:*")
    client.connect(server.lastEndpoint)
    await client.send("x")
    await server.receive()
    client.close()
    await watch
    assert.deepStrictEqual(seen, ["bind", "accept", "handshake", "disconnect"])
    server.close()
}

async function proxy() {
    const proxy = new zmq.Proxy(new zmq.Router(), new zmq.Dealer())
    await proxy.frontEnd.bind("tcp://127.0.0.1:*")
    await proxy.backEnd.bind("tcp://127.0.0.1:*")
    const worker = new zmq.Reply(), client = new zmq.Request()
    worker.connect(proxy.backEnd.lastEndpoint)
    client.connect(proxy.frontEnd.lastEndpoint)
    const done = proxy.run()
    await client.send("x")
    assert.strictEqual(String(await worker.receive()), "x")
    await worker.send("y")
    assert.strictEqual(String(await client.receive()), "y")
    worker.close()
    client.close()
    proxy.terminate()
    await done
}

async function compatibility_layer() {
    const v5 = require(`${directory}/v5-compat`)
    const publisher = v5.socket("pub"), subscriber = v5.socket("sub")
    await new Promise((resolve, reject) => publisher.bind("tcp://127.0.0.1:*", error => error ? reject(error) : resolve()))
    subscriber.connect(publisher.getsockopt(v5.ZMQ_LAST_ENDPOINT))
    subscriber.subscribe("")
    const received = new Promise(resolve => subscriber.on("message", resolve))
    const again = setInterval(() => publisher.send("x"), 5)
    assert.strictEqual(String(await received), "x")
    clearInterval(again)
    subscriber.close()
    publisher.close()
}

async function workers() {
    const pull = new zmq.Pull()
    await pull.bind("tcp://127.0.0.1:*")
    const endpoint = pull.lastEndpoint
    const ends = [1, 2, 3].map(() => {
        const thread = new Worker(__filename, {workerData: {directory, endpoint}})
        return new Promise((resolve, reject) => thread.on("exit", resolve).on("error", reject))
    })
    for (let i = 0; i < 300; i++) assert.strictEqual(String(await pull.receive()), "work")
    await Promise.all(ends)
    pull.close()
}

async function work() {
    const push = new zmq.Push()
    push.connect(workerData.endpoint)
    for (let i = 0; i < 100; i++) await push.send("work")
    push.close()
}

async function main() {
    const tests = [request_and_reply, publish_and_subscribe, streams_both_ways, backpressure, timeouts_and_errors, curve,
        authentication, events, proxy, compatibility_layer, workers]
    console.log(`1..${tests.length}`)
    for (const [index, test] of tests.entries()) {
        let late
        const limit = new Promise((_, reject) => (late = setTimeout(() => reject(new Error("hangs")), 20000)))
        try {
            await Promise.race([test(), limit])
            console.log(`ok ${index + 1} - ${test.name}`)
        } catch (error) {
            console.log(`not ok ${index + 1} - ${test.name}\n# ${error.stack}`)
        }
        clearTimeout(late)
    }
    process.exit(0)
}

isMainThread ? main() : work()

// Sends the same bodies over many connections as fast as they are answered, a request at a time on each. It writes and reads
// the bytes of HTTP itself, so that it takes little of the processor that is measured.
import { connect } from 'node:net'

let load
process.on('disconnect', () => process.exit())
process.on('message', async (message) => {
  if (message.url !== undefined) {
    load = await open(message)
    process.send('open')
  } else process.send(await load(message.forMs))
})

async function open({ url, connections, bodies, type }) {
  const { hostname, port, host } = new URL(url)
  const requests = bodies.map((body) => {
    const head = `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
    return { bytes: Buffer.from(head + body), bodyBytes: Buffer.byteLength(body) }
  })
  const sockets = await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise((resolve, reject) => {
          const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => resolve(socket)).on('error', reject)
        }),
    ),
  )
  let next = 0
  return async (forMs) => {
    const result = { requests: 0, bytes: 0, refused: 0, latencies: [] }
    const cpu = process.cpuUsage()
    const end = performance.now() + forMs
    await Promise.all(sockets.map((socket) => sendUntil(socket, end, () => requests[next++ % requests.length], result)))
    const { user, system } = process.cpuUsage(cpu)
    return { ...result, latencies: quantiles(result.latencies), cpuSeconds: (user + system) / 1e6 }
  }
}

function sendUntil(socket, end, nextRequest, result) {
  return new Promise((resolve) => {
    let sent
    let startedMs
    let answer = ''
    const send = () => {
      sent = nextRequest()
      startedMs = performance.now()
      socket.write(sent.bytes)
    }
    const take = (bytes) => {
      answer += bytes.toString('latin1')
      const head = answer.indexOf('\r\n\r\n')
      if (head < 0 || answer.length < head + 4 + Number(/content-length: (\d+)/i.exec(answer)[1])) return
      if (answer.startsWith('HTTP/1.1 200 ')) {
        result.requests++
        result.bytes += sent.bodyBytes
        result.latencies.push(performance.now() - startedMs)
      } else result.refused++
      answer = ''
      if (performance.now() < end) send()
      else {
        socket.off('data', take)
        resolve()
      }
    }
    socket.on('data', take)
    send()
  })
}

function quantiles(times) {
  const sorted = times.sort((a, b) => a - b)
  return { median: sorted[sorted.length >> 1], p99: sorted[Math.floor(sorted.length * 0.99)] }
}

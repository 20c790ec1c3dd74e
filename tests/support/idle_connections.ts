/**
 * A program that opens TCP connections to 127.0.0.1 and does nothing with them: arguments are port
 * and number. Every other one sends half a request. Says `open` when all are there.
 */
const [port, count] = Deno.args.map(Number);
const connections: Deno.TcpConn[] = [];
for (let i = 0; i < count!; i++) {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: port! });
  connections.push(connection);
  if (i % 2 === 1) await connection.write(new TextEncoder().encode("GET /leases HTTP/1.1\r\nHo"));
}
console.log("open");
setInterval(() => {}, 60_000);

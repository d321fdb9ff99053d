import { connect } from 'node:net';

const answerTimeoutMs = 3000;

/** How often each command has run on a Redis server since it started, from INFO commandstats. @param {string} url redis://host:port @returns {Promise<Map<string, number>>} */
export async function commandCounts(url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setTimeout(answerTimeoutMs, () =>
    socket.destroy(new Error(`${url}: no answer to INFO in ${answerTimeoutMs} ms`)),
  );
  // An inline command; QUIT ends the answer with the connection.
  socket.end('INFO commandstats\r\nQUIT\r\n');
  let text = '';
  for await (const bytes of socket) text += bytes;
  return new Map(
    [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name ?? '', Number(calls)]),
  );
}

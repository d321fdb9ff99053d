import * as http from 'node:http';
import * as https from 'node:https';

/** The member of node:http that the client calls for each request. */
interface Transport {
  readonly request: typeof http.request;
}

/**
 * A transport whose requests, with their answers, end after `deadlineMs`: the client itself has no time limit,
 * and a store that accepts a connection and then says nothing would hold its caller for ever.
 */
export function transportWithDeadline(isSecure: boolean, deadlineMs: number): Transport {
  const send = isSecure ? https.request : http.request;
  const request = (options: http.RequestOptions, onResponse?: (response: http.IncomingMessage) => void) => {
    const sent = send(options, onResponse);
    const timer = setTimeout(() => {
      sent.destroy(new Error(`expected an answer within ${deadlineMs} ms, got none`));
    }, deadlineMs);
    sent.once('close', () => clearTimeout(timer));
    return sent;
  };
  return { request: request as typeof http.request };
}

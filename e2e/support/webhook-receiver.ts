import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One delivery as it arrived. */
export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly body: { type: string; call_cid: string; [key: string]: unknown };
}

/** A webhook consumer that answers 200 and remembers everything; `failFirst` requests are answered 503. */
export interface WebhookReceiver {
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  /** Distinct webhook ids of the deliveries of one type: at least once means a repeat has the same id. */
  idsOf(type: string): string[];
  close(): Promise<void>;
}

export async function receiveWebhooks({ failFirst = 0 }: { failFirst?: number } = {}): Promise<WebhookReceiver> {
  const deliveries: Delivery[] = [];
  const server = createServer((request, response) => {
    let raw = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      raw += text;
    });
    request.on('end', () => {
      deliveries.push({ headers: request.headers, raw, body: JSON.parse(raw) as Delivery['body'] });
      response.writeHead(deliveries.length <= failFirst ? 503 : 200).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    deliveries,
    idsOf: (type) => [
      ...new Set(
        deliveries.filter(({ body }) => body.type === type).map(({ headers }) => String(headers['webhook-id'])),
      ),
    ],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

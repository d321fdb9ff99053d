import { Transport, type NatsOptions } from '@nestjs/microservices';

/**
 * Nest's NATS transport for request/reply and small events between services.
 * Never for media: its JSON envelope makes a 100 kB chunk 1.15 MB.
 */
export const natsTransport = (
  options: { NATS_URL: string },
  queue?: string,
): NatsOptions & { transport: Transport.NATS } => ({
  transport: Transport.NATS,
  options: {
    servers: options.NATS_URL.split(',').map((server) => server.trim()),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    ...(queue === undefined ? {} : { queue }),
  },
});

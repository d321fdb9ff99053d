import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Answer } from './domain/answer.ts';
import { wholeBody } from './domain/body.ts';

/** Writes an answer through the router's reply; Fastify leaves the body of HEAD out. */
export function sendAnswer(reply: FastifyReply, answer: Answer): void {
  const { status, headers, body, stream } = answer;
  const payload = stream === undefined ? body && wholeBody(body) : Readable.from(stream);
  void reply.status(status).headers(headers).send(payload);
}

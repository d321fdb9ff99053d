import type { FastifyReply } from 'fastify';
import type { Answer } from './domain/answer.ts';

/** Writes an answer through the router's reply; Fastify leaves the body of HEAD out. */
export function sendAnswer(reply: FastifyReply, answer: Answer): void {
  void reply.status(answer.status).headers(answer.headers).send(answer.body);
}

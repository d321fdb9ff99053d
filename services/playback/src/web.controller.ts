import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerWith } from './domain/answer.ts';
import { UnknownPathError } from './domain/errors.ts';
import { playbackRequest } from './fast-path.ts';
import { WebAssets } from './ports.ts';
import { sendAnswer } from './send-answer.ts';

/** The player page. */
@Controller()
export class WebController {
  constructor(@Inject(WebAssets) private readonly assets: WebAssets) {}

  @Get()
  page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#send('index.html', request, reply);
  }

  @Get('favicon.ico')
  icon(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#send('icon.svg', request, reply);
  }

  @Get('player/:name')
  asset(@Param('name') name: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#send(name, request, reply);
  }

  #send(name: string, request: FastifyRequest, reply: FastifyReply): void {
    const asset = this.assets.find(name);
    if (asset === undefined) throw new UnknownPathError('no such file on the player page');
    sendAnswer(reply, answerWith(asset, playbackRequest(request.raw)));
  }
}

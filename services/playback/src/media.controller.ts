import { All, Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { playbackRequest } from './fast-path.ts';
import { PlaybackService } from './playback.service.ts';
import { sendAnswer } from './send-answer.ts';

/** Everything a player fetches. The hot part of it is taken ahead of this router and comes here only where that is off. */
@Controller()
export class MediaController {
  constructor(@Inject(PlaybackService) private readonly playback: PlaybackService) {}

  @All('xrpc/:nsid')
  async xrpc(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answer(request, reply);
  }

  @Get('openapi/timeline/query')
  async timeline(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answer(request, reply);
  }

  @Get('time')
  async time(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answer(request, reply);
  }

  @Get([':app/:file', ':app/:stream/:file', ':app/:stream/:track/:file'])
  async media(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answer(request, reply);
  }

  async #answer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    sendAnswer(reply, await this.playback.answer(playbackRequest(request.raw)));
  }
}

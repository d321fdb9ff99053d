import { Body, Controller, Get, Inject, Param, Patch, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { BroadcastService } from './broadcast.service.ts';
import { CallAnswer } from './call-answer.ts';
import { CallAuthGuard } from './call-auth.guard.ts';
import { Context, Operation, type CallContext } from './call-context.ts';
import type { CallName } from './domain/call-access.ts';
import {
  GetOrCreateRequest,
  GoLiveRequest,
  parseCallBody,
  StopLiveRequest,
  UpdateCallRequest,
} from './domain/call-requests.ts';

type Answer = Promise<Record<string, unknown>>;
type RawBody = Uint8Array | undefined;

/** Calls: `/api/v2/video/call/{type}/{id}` (calls.md, "Endpoints"). */
@Controller('api/v2/video/call/:type/:id')
@UseGuards(CallAuthGuard)
@UseInterceptors(CallAnswer)
export class CallController {
  constructor(@Inject(BroadcastService) private readonly calls: BroadcastService) {}

  @Post()
  @Operation('GetOrCreateCall')
  getOrCreate(@Context() who: CallContext, @Param() name: CallName, @Body() body: RawBody): Answer {
    return this.calls.getOrCreate(who, name, parseCallBody(GetOrCreateRequest, body).data);
  }

  @Get()
  @Operation('GetCall')
  get(@Context() who: CallContext, @Param() name: CallName): Answer {
    return this.calls.get(who, name);
  }

  @Patch()
  @Operation('UpdateCall')
  update(@Context() who: CallContext, @Param() name: CallName, @Body() body: RawBody): Answer {
    return this.calls.update(who, name, parseCallBody(UpdateCallRequest, body));
  }

  @Post('go_live')
  @Operation('GoLive')
  goLive(@Context() who: CallContext, @Param() name: CallName, @Body() body: RawBody): Answer {
    return this.calls.goLive(who, name, parseCallBody(GoLiveRequest, body));
  }

  @Post('stop_live')
  @Operation('StopLive')
  stopLive(@Context() who: CallContext, @Param() name: CallName, @Body() body: RawBody): Answer {
    return this.calls.stopLive(who, name, parseCallBody(StopLiveRequest, body));
  }

  @Post('start_broadcasting')
  @Operation('StartHLSBroadcasting')
  startBroadcasting(@Context() who: CallContext, @Param() name: CallName): Answer {
    return this.calls.startBroadcasting(who, name);
  }

  @Post('stop_broadcasting')
  @Operation('StopHLSBroadcasting')
  stopBroadcasting(@Context() who: CallContext, @Param() name: CallName): Answer {
    return this.calls.stopBroadcasting(who, name);
  }

  @Post('mark_ended')
  @Operation('EndCall')
  markEnded(@Context() who: CallContext, @Param() name: CallName): Answer {
    return this.calls.markEnded(who, name);
  }
}

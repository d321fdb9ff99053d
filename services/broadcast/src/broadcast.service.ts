import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { CallState } from '#shared/contracts';
import { BroadcastConfig } from './broadcast.config.ts';
import type { CallContext } from './call-context.ts';
import { CallWriter } from './call-writer.ts';
import { assertMay, callRefOf, capabilitiesOn, existing, type CallName } from './domain/call-access.ts';
import { callKeyOf, type CallRef } from './domain/call-key.ts';
import { newCall } from './domain/new-call.ts';
import {
  applySettings,
  defaultSettings,
  type GetOrCreateRequest,
  type GoLiveRequest,
  type StopLiveRequest,
  type UpdateCallRequest,
} from './domain/call-requests.ts';
import type { CallCommand } from './domain/call-state.ts';
import type { Capability } from './domain/capabilities.ts';
import { callView, membersView, nanoseconds, playlistUrl, type PublicUrls } from './domain/call-view.ts';
import { newBroadcastId, newStreamKey } from './domain/ids.ts';
import { lastMediaEndMs } from './domain/input-media.ts';
import { Chance, MediaFacts } from './ports.ts';

type Answer = Promise<Record<string, unknown>>;

/** Calls and their broadcasts as the call API asks for them: check, decide, make true, show. */
@Injectable()
export class BroadcastService {
  readonly #urls: PublicUrls;

  constructor(
    @Inject(CallWriter) private readonly calls: CallWriter,
    @Inject(MediaFacts) private readonly media: MediaFacts,
    @Inject(Chance) private readonly chance: Chance,
    @Inject(BroadcastConfig) { values }: BroadcastConfig,
  ) {
    this.#urls = { playback: values.PUBLIC_PLAYBACK_URL, ingest: values.PUBLIC_INGEST_URL };
  }

  async getOrCreate(who: CallContext, name: CallName, data: z.output<typeof GetOrCreateRequest>['data']): Answer {
    const ref = callRefOf(who.app.apiKey, name);
    const present = await this.calls.read(callKeyOf(ref));
    if (present !== undefined) return { ...this.#show(who, present, 'read-call'), created: false };
    assertMay(who.caller, ref, ['create-call']);
    const streamKey = newStreamKey(this.chance.randomInt);
    const event = newCall(
      { ...ref, orgId: who.app.orgId, caller: who.caller },
      { ...data, settings: applySettings(defaultSettings(ref.type), data.settings_override) },
      { streamKey, random: this.chance.randomInt, nowMs: this.chance.nowMs() },
    );
    const made = await this.calls.create(event);
    if (made === false) return this.getOrCreate(who, name, data);
    return { ...this.#shape(who, made, streamKey), created: true };
  }

  async get(who: CallContext, name: CallName): Answer {
    const ref = callRefOf(who.app.apiKey, name);
    return this.#show(who, existing(ref, await this.calls.read(callKeyOf(ref))), 'read-call');
  }

  async update(who: CallContext, name: CallName, request: z.output<typeof UpdateCallRequest>): Answer {
    const ref = callRefOf(who.app.apiKey, name);
    const before = existing(ref, await this.calls.read(callKeyOf(ref)));
    const state = await this.#command(who, ref, ['update-call'], () => ({
      kind: 'update',
      ...(request.custom === undefined ? {} : { custom: request.custom }),
      ...(request.starts_at === undefined ? {} : { startsAtMs: request.starts_at }),
      ...(request.settings_override === undefined
        ? {}
        : { settings: applySettings(before.settings, request.settings_override) }),
    }));
    return this.#shape(who, state);
  }

  async goLive(who: CallContext, name: CallName, request: z.output<typeof GoLiveRequest>): Answer {
    const needed: Capability[] = ['update-call'];
    if (request.start_hls) needed.push('start-broadcast-call');
    if (request.start_recording) needed.push('start-record-call');
    const state = await this.#command(who, callRefOf(who.app.apiKey, name), needed, () => ({
      kind: 'go_live',
      startHls: request.start_hls,
      startRecording: request.start_recording,
      broadcastId: newBroadcastId(this.chance.randomInt),
    }));
    return { call: this.#callOf(state) };
  }

  async stopLive(who: CallContext, name: CallName, request: z.output<typeof StopLiveRequest>): Answer {
    const state = await this.#command(who, callRefOf(who.app.apiKey, name), ['update-call'], (mediaEnd) => ({
      kind: 'stop_live',
      continueHls: request.continue_hls,
      continueRecording: request.continue_recording,
      ...mediaEnd,
    }));
    return { call: this.#callOf(state) };
  }

  async startBroadcasting(who: CallContext, name: CallName): Answer {
    const state = await this.#command(who, callRefOf(who.app.apiKey, name), ['start-broadcast-call'], () => ({
      kind: 'start_broadcasting',
      broadcastId: newBroadcastId(this.chance.randomInt),
    }));
    return { playlist_url: playlistUrl(this.#urls, state.broadcast?.id ?? '') };
  }

  async stopBroadcasting(who: CallContext, name: CallName): Answer {
    await this.#command(who, callRefOf(who.app.apiKey, name), ['stop-broadcast-call'], (mediaEnd) => ({
      kind: 'stop_broadcasting',
      ...mediaEnd,
    }));
    return {};
  }

  async markEnded(who: CallContext, name: CallName): Answer {
    await this.#command(who, callRefOf(who.app.apiKey, name), ['end-call'], (mediaEnd) => ({
      kind: 'mark_ended',
      ...mediaEnd,
    }));
    return {};
  }

  async #command(
    who: CallContext,
    ref: CallRef,
    needed: readonly Capability[],
    commandOf: (mediaEnd: { lastMediaEndMs?: number }) => CallCommand,
  ): Promise<CallState> {
    const callKey = callKeyOf(ref);
    const { inputId } = existing(ref, await this.calls.read(callKey));
    const endMs = lastMediaEndMs(this.media.of(inputId));
    const command = commandOf(endMs === undefined ? {} : { lastMediaEndMs: endMs });
    return existing(ref, await this.calls.decide(callKey, command, (state) => assertMay(who.caller, state, needed)));
  }

  #show(who: CallContext, state: CallState, needed: Capability): Record<string, unknown> {
    assertMay(who.caller, state, [needed]);
    return this.#shape(who, state);
  }

  #shape(who: CallContext, state: CallState, streamKey?: string): Record<string, unknown> {
    return {
      call: this.#callOf(state, streamKey),
      members: membersView(state),
      own_capabilities: capabilitiesOn(who.caller, state),
    };
  }

  #callOf(state: CallState, streamKey?: string): Record<string, unknown> {
    return callView(state, { urls: this.#urls, time: nanoseconds, ...(streamKey === undefined ? {} : { streamKey }) });
  }
}

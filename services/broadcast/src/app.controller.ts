import { Body, Controller, Get, Inject, Patch, UseGuards, UseInterceptors } from '@nestjs/common';
import type { EventHook } from '#shared/contracts';
import { CallAnswer } from './call-answer.ts';
import { CallAuthGuard } from './call-auth.guard.ts';
import { Context, Operation, type CallContext } from './call-context.ts';
import { hooksView, replaceHooks } from './domain/app-hooks.ts';
import { CallForbiddenError } from './domain/call-errors.ts';
import { parseCallBody, UpdateAppRequest } from './domain/call-requests.ts';
import { forbiddenSentence } from './domain/capabilities.ts';
import { Apps, Chance, WebhookDestinations, type App } from './ports.ts';

/** The app's own settings, for its servers only: `/api/v2/app`. */
@Controller('api/v2/app')
@UseGuards(CallAuthGuard)
@UseInterceptors(CallAnswer)
export class AppController {
  constructor(
    @Inject(Apps) private readonly apps: Apps,
    @Inject(WebhookDestinations) private readonly destinations: WebhookDestinations,
    @Inject(Chance) private readonly chance: Chance,
  ) {}

  @Get()
  @Operation('GetApp')
  get(@Context() who: CallContext): Record<string, unknown> {
    assertServer(who, 'ReadApp');
    return { app: appView(who.app) };
  }

  @Patch()
  @Operation('UpdateApp')
  async update(@Context() who: CallContext, @Body() body: Uint8Array | undefined): Promise<Record<string, unknown>> {
    assertServer(who, 'UpdateApp');
    const hooks = replaceHooks(who.app.eventHooks, parseCallBody(UpdateAppRequest, body), this.chance.randomInt);
    for (const hook of hooks) this.destinations.assertAcceptable(hook.webhookUrl);
    return { app: appView(await this.apps.replaceHooks(who.app.apiKey, hooks)) };
  }
}

const appView = (app: App): { id: string; event_hooks: unknown[]; webhook_url: string } => ({
  id: app.apiKey,
  ...hooksView(app.eventHooks satisfies EventHook[], app.secret),
});

function assertServer({ caller }: CallContext, action: string): void {
  if (caller.kind !== 'server') throw new CallForbiddenError(forbiddenSentence(caller, 'user', action, 'app'));
}

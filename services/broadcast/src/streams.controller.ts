import { Body, Controller, Get, Header, Headers, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { KvConflictError } from '#shared/messaging';
import { newStreamKey } from './domain/ids.ts';
import {
  coversScope,
  CreateLiveInput,
  ListLiveInputs,
  LiveInputRef,
  liveInputView,
  newLiveInput,
  sha256Hex,
} from './domain/live-input.ts';
import { parseTrpcInput, TrpcError } from './domain/trpc.ts';
import { InputReport } from './input-report.ts';
import { ApiKeys, Chance, LiveInputs } from './ports.ts';
import type { LiveInputRow } from '#shared/contracts';

interface Procedure {
  readonly kind: 'query' | 'mutation';
  readonly scope: string;
  run(input: string, orgId: string): Promise<unknown>;
}

const READ = 'streams:liveInputs:read';
const WRITE = 'streams:liveInputs:write';

/** The control plane of live inputs in tRPC's wire format, under both prefixes (streams.md, decision 5). */
@Controller(['api/trpc', 'trpc'])
export class StreamsController {
  readonly #procedures: ReadonlyMap<string, Procedure> = new Map<string, Procedure>([
    ['streams.liveInputs.create', { kind: 'mutation', scope: WRITE, run: (...args) => this.#create(...args) }],
    ['streams.liveInputs.get', { kind: 'query', scope: READ, run: (...args) => this.#get(...args) }],
    ['streams.liveInputs.list', { kind: 'query', scope: READ, run: (...args) => this.#list(...args) }],
    ['streams.liveInputs.problems', { kind: 'query', scope: READ, run: (...args) => this.#problemsOf(...args) }],
    ['streams.liveInputs.rotateStreamKey', { kind: 'mutation', scope: WRITE, run: (...args) => this.#rotate(...args) }],
  ]);

  constructor(
    @Inject(LiveInputs) private readonly inputs: LiveInputs,
    @Inject(ApiKeys) private readonly keys: ApiKeys,
    @Inject(InputReport) private readonly report: InputReport,
    @Inject(Chance) private readonly chance: Chance,
  ) {}

  @Get(':procedure')
  @Header('cache-control', 'no-store')
  query(
    @Param('procedure') name: string,
    @Headers('authorization') authorization: string | undefined,
    @Query('input') input: string | undefined,
  ): Promise<unknown> {
    return this.#answer('query', name, authorization, input ?? '');
  }

  @Post(':procedure')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  mutation(
    @Param('procedure') name: string,
    @Headers('authorization') authorization: string | undefined,
    @Body() body: Uint8Array | undefined,
  ): Promise<unknown> {
    return this.#answer('mutation', name, authorization, Buffer.from(body ?? []).toString('utf8'));
  }

  async #answer(
    kind: Procedure['kind'],
    name: string,
    authorization: string | undefined,
    input: string,
  ): Promise<unknown> {
    const key = this.#keyOf(authorization);
    const procedure = this.#procedures.get(name);
    if (procedure === undefined) throw new TrpcError('NOT_FOUND', `no procedure "${name.slice(0, 100)}"`);
    if (procedure.kind !== kind)
      throw new TrpcError('METHOD_NOT_SUPPORTED', `${name}: expected a ${procedure.kind}, got a ${kind}`);
    if (!coversScope(key.scopes, procedure.scope))
      throw new TrpcError('FORBIDDEN', `expected an API key with the scope ${procedure.scope}`);
    return { result: { data: await procedure.run(input, key.orgId) } };
  }

  #keyOf(authorization: string | undefined): { orgId: string; scopes: string[] } {
    const key = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    const owner = key === undefined ? undefined : this.keys.find(key);
    if (owner === undefined) throw new TrpcError('UNAUTHORIZED', 'expected Authorization: Bearer and a known API key');
    return owner;
  }

  async #create(json: string, ownOrgId: string): Promise<unknown> {
    const request = parseTrpcInput(CreateLiveInput, json);
    assertOrg(request.orgId, ownOrgId);
    const streamKey = newStreamKey(this.chance.randomInt);
    const row = newLiveInput(request, { streamKey, random: this.chance.randomInt, nowMs: this.chance.nowMs() });
    const shared = this.inputs.clash(row);
    if (shared !== undefined) throw new TrpcError('CONFLICT', `another live input already has the ${shared}`);
    await this.inputs.create(row);
    return { ...this.#show(row), stream_key_cleartext: streamKey };
  }

  async #get(json: string, ownOrgId: string): Promise<unknown> {
    const { orgId, id } = parseTrpcInput(LiveInputRef, json);
    assertOrg(orgId, ownOrgId);
    return this.#show(this.#existing(orgId, id));
  }

  async #list(json: string, ownOrgId: string): Promise<unknown> {
    const { orgId, page, perPage } = parseTrpcInput(ListLiveInputs, json);
    assertOrg(orgId, ownOrgId);
    return this.inputs
      .list(orgId)
      .slice((page - 1) * perPage, page * perPage)
      .map((row) => this.#show(row));
  }

  async #problemsOf(json: string, ownOrgId: string): Promise<unknown> {
    const { orgId, id } = parseTrpcInput(LiveInputRef, json);
    assertOrg(orgId, ownOrgId);
    return this.report.problems(this.#existing(orgId, id).id);
  }

  async #rotate(json: string, ownOrgId: string): Promise<unknown> {
    const { orgId, id } = parseTrpcInput(LiveInputRef, json);
    assertOrg(orgId, ownOrgId);
    const streamKey = newStreamKey(this.chance.randomInt);
    const row = await this.inputs
      .replaceStreamKey(this.#existing(orgId, id).id, sha256Hex(streamKey))
      .catch((error: unknown) => {
        if (!(error instanceof KvConflictError)) throw error;
        throw new TrpcError('CONFLICT', 'the live input was changed at the same moment; ask again', { cause: error });
      });
    return { ...this.#show(row), stream_key_cleartext: streamKey };
  }

  #existing(orgId: string, id: string): LiveInputRow {
    const row = this.inputs.find(orgId, id);
    if (row === undefined) throw new TrpcError('NOT_FOUND', `live input "${id}" does not exist`);
    return row;
  }

  #show(row: LiveInputRow): Record<string, unknown> {
    return liveInputView(row, this.report.status(row.id));
  }
}

function assertOrg(orgId: string, ownOrgId: string): void {
  if (orgId !== ownOrgId) throw new TrpcError('FORBIDDEN', 'orgId: expected the organisation of the API key');
}

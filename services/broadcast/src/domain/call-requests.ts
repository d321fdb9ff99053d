import { z } from 'zod';
import type { CallSettings } from '#shared/contracts';
import { CallInputError } from './call-errors.ts';

const CUSTOM_LIMIT_CHARS = 5000;

const Custom = z
  .record(z.string(), z.unknown())
  .refine(
    (custom) => JSON.stringify(custom).length <= CUSTOM_LIMIT_CHARS,
    `expected custom data of at most ${CUSTOM_LIMIT_CHARS} characters as JSON`,
  );
const StartsAt = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const SettingsOverride = z.object({
  backstage: z
    .object({
      enabled: z.boolean().optional(),
      join_ahead_time_seconds: z.number().int().min(0).max(86_400).optional(),
    })
    .optional(),
  broadcasting: z
    .object({
      enabled: z.boolean().optional(),
      hls: z
        .object({
          auto_on: z.boolean().optional(),
          enabled: z.boolean().optional(),
          quality_tracks: z.array(z.string().max(20)).max(10).optional(),
        })
        .optional(),
    })
    .optional(),
});
type SettingsOverride = z.output<typeof SettingsOverride>;

/** Body of get-or-create. */
export const GetOrCreateRequest = z.object({
  data: z
    .object({
      created_by_id: z.string().min(1).max(255).optional(),
      custom: Custom.default({}),
      starts_at: StartsAt.optional(),
      members: z
        .array(
          z.object({ user_id: z.string().min(1).max(255), role: z.string().min(1).max(64).default('call_member') }),
        )
        .max(100)
        .default([]),
      settings_override: SettingsOverride.optional(),
    })
    .prefault({}),
});

/** Body of PATCH on a call. */
export const UpdateCallRequest = z.object({
  custom: Custom.optional(),
  starts_at: StartsAt.optional(),
  settings_override: SettingsOverride.optional(),
});

const refusedFlag = (name: string) =>
  z.literal(false, `${name}: expected false or nothing, this origin does not transcribe`).optional();

/** Body of go_live. */
export const GoLiveRequest = z.object({
  start_hls: z.boolean().default(false),
  start_recording: z.boolean().default(false),
  recording_storage_name: z.string().max(200).optional(),
  start_transcription: refusedFlag('start_transcription'),
  start_closed_caption: refusedFlag('start_closed_caption'),
});

/** Body of stop_live. */
export const StopLiveRequest = z.object({
  continue_hls: z.boolean().default(false),
  continue_recording: z.boolean().default(false),
});

/** Body of PATCH on the app: `event_hooks` replaces the whole list. */
export const UpdateAppRequest = z.object({
  event_hooks: z
    .array(
      z.object({
        id: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, "_" or "-"')
          .optional(),
        enabled: z.boolean().default(true),
        hook_type: z.literal('webhook', 'hook_type: expected "webhook"').default('webhook'),
        webhook_url: z.string().min(1).max(2000),
        event_types: z.array(z.string().max(100)).max(100).default([]),
      }),
    )
    .max(20)
    .optional(),
  webhook_url: z.string().max(2000).optional(),
});

/** A request body as text, parsed by its schema; nothing at all counts as `{}`. Throws CallInputError naming the field. */
export function parseCallBody<S extends z.ZodType>(schema: S, body: Uint8Array | undefined): z.output<S> {
  const parsed = schema.safeParse(jsonOf(body));
  if (!parsed.success) throw new CallInputError(z.prettifyError(parsed.error), { cause: parsed.error });
  return parsed.data;
}

function jsonOf(body: Uint8Array | undefined): unknown {
  if (body === undefined || body.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new CallInputError('expected a JSON body', { cause: error });
  }
}

/** Settings after an override; what it leaves out stays. */
export function applySettings(before: CallSettings, override: SettingsOverride | undefined): CallSettings {
  const { enabled, hls } = override?.broadcasting ?? {};
  const backstage = override?.backstage;
  const named = {
    backstageEnabled: backstage?.enabled,
    joinAheadTimeSec: backstage?.join_ahead_time_seconds,
    hlsEnabled: hls?.enabled ?? enabled,
    hlsAutoOn: hls?.auto_on,
    hlsQualityTracks: hls?.quality_tracks,
  };
  const changes = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  return { ...before, ...changes };
}

/** The settings a call of a type begins with: only a livestream begins in backstage. */
export const defaultSettings = (type: string): CallSettings => ({
  backstageEnabled: type === 'livestream',
  joinAheadTimeSec: 0,
  hlsEnabled: true,
  hlsAutoOn: false,
  hlsQualityTracks: [],
});

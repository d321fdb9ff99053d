import { hooksView, replaceHooks } from './app-hooks.ts';
import { parseCallBody, UpdateAppRequest } from './call-requests.ts';

const change = (before: Parameters<typeof replaceHooks>[0], body: unknown) =>
  replaceHooks(before, parseCallBody(UpdateAppRequest, Buffer.from(JSON.stringify(body))), () => 0);

describe("an app's hooks", () => {
  it('are replaced as a whole list, the older webhook_url by itself', () => {
    const first = change([], { event_hooks: [{ id: 'a', webhook_url: 'http://a' }], webhook_url: 'http://old' });
    expect(first.map(({ id }) => id)).toEqual(['a', 'webhook-url']);
    const second = change(first, { event_hooks: [{ webhook_url: 'http://b', event_types: ['call.ended'] }] });
    expect(second.map(({ webhookUrl }) => webhookUrl)).toEqual(['http://b', 'http://old']);
    expect(change(second, { webhook_url: '' }).map(({ webhookUrl }) => webhookUrl)).toEqual(['http://b']);
    expect(change(second, {})).toEqual(second);
  });

  it('need ids of their own', () => {
    const twice = { event_hooks: [1, 2].map(() => ({ id: 'a', webhook_url: 'http://a' })) };
    expect(() => change([], twice)).toThrow('expected an id of its own');
    expect(() => change([], { event_hooks: [{ webhook_url: 'x', hook_type: 'sqs' }] })).toThrow(
      'hook_type: expected "webhook"',
    );
  });

  it('are shown with the secret of each', () => {
    const [a, b] = hooksView(
      change([], { event_hooks: ['a', 'b'].map((id) => ({ id, webhook_url: 'http://x' })) }),
      'secret',
    ).event_hooks as Array<{ signing_secret: string }>;
    expect(a?.signing_secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(a?.signing_secret).not.toBe(b?.signing_secret);
  });
});

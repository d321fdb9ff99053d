import { testEnvironment } from './servers.mjs';
import { testVariables, toolVariable } from './test-environment.mjs';
import { toolNames } from './tools.mjs';

describe('the environment of the tests', () => {
  it('is complete: every listed variable is set from a server or a tool, and no other', () => {
    const s3 = { endpoint: 'e', accessKey: 'a', secretKey: 's', bucket: 'b', region: 'r' };
    const fromServers = Object.keys(testEnvironment({ nats: { url: 'n' }, redis: { url: 'r' }, s3 }));
    expect([...fromServers, ...toolNames.map(toolVariable)].toSorted()).toEqual([...testVariables].toSorted());
  });
});

import { npmReason } from './dependencies.mjs';

describe('the reason that npm gives', () => {
  it('is what it says before the usage', () => {
    const output = [
      'npm error code EUSAGE',
      'npm error',
      'npm error Missing: a@1 from lock file',
      'npm error',
      'npm error Clean install a project',
      'npm error Usage:',
      'npm error npm ci',
    ].join('\n');
    expect(npmReason(output)).toBe('npm error code EUSAGE\nnpm error Missing: a@1 from lock file');
  });

  it('is the end of the output when npm marks no error', () => {
    expect(npmReason('one\nkilled')).toBe('one\nkilled');
  });
});

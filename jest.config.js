const swc = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
    keepClassNames: true,
  },
  module: { type: 'es6' },
};

const tier = (displayName, roots, testRegex) => ({
  displayName,
  roots: roots.map((root) => `<rootDir>/${root}`),
  testRegex,
  testEnvironment: 'node',
  // `source` makes `#libs/*` resolve to TypeScript; without it Jest silently tests stale output of dist/.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
});

export default {
  // A limit against hanging, no measure of speed: the machines that run this are shared.
  testTimeout: 30_000,
  projects: [
    tier('unit', ['services', 'libs', 'tools', 'launcher', 'docs', 'bench'], '\\.spec\\.(ts|mjs)$'),
    {
      ...tier('integration', ['services', 'libs', 'tools', 'launcher', 'bench'], '\\.integration-spec\\.(ts|mjs)$'),
      globalSetup: '<rootDir>/jest.backends.js',
      globalTeardown: '<rootDir>/jest.backends-down.js',
    },
    tier('e2e', ['e2e'], '\\.e2e-spec\\.ts$'),
    tier('soak', ['e2e'], '\\.soak-spec\\.ts$'),
  ],
};

/** The direction of dependencies, checked: main → module → controller → service → ports ← adapters; services → shared → pure libs. */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'service-island',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    {
      name: 'libs-below-services',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(services|e2e|bench)/' },
    },
    {
      name: 'pure-libs-below-shared',
      severity: 'error',
      from: { path: '^libs/(cmaf|dash|hls|timeline|provenance)/' },
      to: { path: '^libs/shared/' },
    },
    {
      name: 'pure-libs-no-framework',
      severity: 'error',
      from: { path: '^libs/(cmaf|dash|hls|timeline|provenance)/src|/domain/', pathNot: 'spec\\.ts$' },
      to: { path: 'node_modules/(@nestjs|rxjs|@nats-io|ioredis|minio|fastify)/' },
    },
    {
      name: 'pure-no-io',
      severity: 'error',
      from: { path: '^libs/(cmaf|dash|hls|timeline|provenance)/src|/domain/', pathNot: 'spec\\.ts$' },
      to: { dependencyTypes: ['core'], path: '^(node:)?(fs|net|http|https|dns|child_process|worker_threads|timers)' },
    },
    {
      name: 'contracts-zod-only',
      severity: 'error',
      from: { path: '^libs/shared/src/contracts/', pathNot: 'spec\\.ts$' },
      to: { path: 'node_modules/', pathNot: 'node_modules/zod/' },
    },
    {
      name: 'no-deep-lib-import',
      severity: 'error',
      from: { path: '^(services|e2e|bench)/' },
      to: { path: '^libs/(shared/src/[^/]+|(cmaf|dash|hls|timeline|provenance)/src)/(?!index\\.ts)' },
    },
    {
      name: 'adapters-are-leaves',
      severity: 'error',
      from: { path: '^services/', pathNot: '(\\.module\\.ts|spec\\.ts)$|/adapters/|/test/' },
      to: { path: '/adapters/' },
    },
    {
      name: 'reload-checker-stands-alone',
      severity: 'error',
      from: { path: '^tools/reload-checker/' },
      to: { path: '^(services|libs|e2e|bench|tools/(?!reload-checker/))' },
    },
    {
      name: 'minio-only-in-object-store',
      severity: 'error',
      from: { path: '^(services|libs)/', pathNot: '^libs/shared/src/(object-store|testing)/' },
      to: { path: 'node_modules/minio/' },
    },
    {
      name: 'ioredis-only-in-its-folders',
      severity: 'error',
      from: { path: '^(services|libs)/', pathNot: '^libs/shared/src/(redis|live-window|timeline-index|testing)/' },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'mp4box-only-in-cmaf',
      severity: 'error',
      from: { path: '^(services|libs)/', pathNot: '^libs/cmaf/|spec\\.ts$' },
      to: { path: 'node_modules/mp4box/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'types', 'import', 'node', 'default'],
    },
  },
};

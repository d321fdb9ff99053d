import { isReachable, type RedisConnection } from '#shared/redis';

/** The packager's connection to Redis, under a name that Nest can inject. */
export class RedisDoor {
  readonly connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.connection = connection;
  }

  isReachable(): Promise<boolean> {
    return isReachable(this.connection);
  }

  close(): void {
    this.connection.disconnect();
  }
}

/** What a service needs to know of the bus; the variables of `natsEnv`. */
export interface BusOptions {
  readonly NATS_URL: string;
  readonly BUS_REPLICAS: number;
  readonly MEDIA_MAX_AGE_SEC: number;
  readonly MEDIA_MAX_BYTES: number;
}

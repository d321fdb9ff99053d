/** Ends the containers of jest.backends.js; does nothing when the launcher brought the servers up. */
export default async function stopBackends() {
  await Promise.all((globalThis.headwaterContainers ?? []).map((container) => container.stop()));
}

/** The command of a tool that the launcher found; throws with the package to install when it did not. */
export function tool(name: 'FFMPEG' | 'FFPROBE' | 'CHROMIUM' | 'NGINX'): string {
  const command = process.env[`TEST_${name}`];
  if (command === undefined || command === '') throw new Error(`expected TEST_${name}: run through npm test`);
  return command;
}

/** `headwater verify`: what an origin serves, against what it signed. */
export { verifyCommand, type CommandOutput } from './verify-command.ts';

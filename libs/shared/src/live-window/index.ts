export { LiveWindowReader, LiveWindowWriter, type AppendOutcome, type WindowHead } from './live-window.ts';

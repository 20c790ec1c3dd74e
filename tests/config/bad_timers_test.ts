/** Parts of a lease that are written wrong. */
import { inFile, testBadConfigs } from "./bad_configs.ts";

testBadConfigs("renew, rebind and spread", [
  ["a number without its sign", inFile("lease-time: { default: 12h, renew: 50 }"), [
    "config.yaml:5:36: expected a percentage from 1% to 99%, got the number 50",
    "hint: write 50%",
  ]],
  ["more than the whole", inFile("lease-time: { rebind: 100% }"), [
    'config.yaml:5:23: expected a percentage from 1% to 99%, got "100%"',
  ]],
  ["renewing after rebinding", inFile("lease-time: { renew: 80%, rebind: 70% }"), [
    "config.yaml:5:22: renew is not before rebind",
  ]],
  ["renewing after the default of rebinding", inFile("lease-time: { renew: 90% }"), [
    "config.yaml:5:22: renew is not before rebind, 87.5%",
  ]],
  ["rebinding before the default of renewing", inFile("lease-time: { rebind: 40% }"), [
    "config.yaml:5:23: rebind is not after renew, which is 50% when left out",
  ]],
  ["a spread of more than half", inFile("lease-time: { spread: 60% }"), [
    'config.yaml:5:23: expected a percentage from 0% to 50%, got "60%"',
  ]],
]);

testBadConfigs("first and when-full", [
  ["a first lease that is no shorter", inFile("lease-time: { default: 1h, first: 2h }"), [
    "config.yaml:5:35: first, 2h, is not below the most, 1h",
  ]],
  ["no duration", inFile("lease-time: { first: 3600 }"), [
    "config.yaml:5:22: expected a duration like 12h, 30m, 1h30m or infinite, got the number 3600",
    "hint: write 3600s or 1h",
  ]],
  ["no part of the pool", inFile("lease-time: { when-full: { max: 1h } }"), [
    'config.yaml:5:26: "above" is missing',
  ]],
  ["no time", inFile("lease-time: { when-full: { above: 80% } }"), [
    'config.yaml:5:26: "max" is missing',
  ]],
  ["a part without its sign", inFile("lease-time: { when-full: { above: 80, max: 1h } }"), [
    "config.yaml:5:35: expected a percentage from 1% to 99%, got the number 80",
    "hint: write 80%",
  ]],
  ["all of the pool", inFile("lease-time: { when-full: { above: 100%, max: 1h } }"), [
    'config.yaml:5:35: expected a percentage from 1% to 99%, got "100%"',
  ]],
  ["no shorter in a full pool", inFile("lease-time: { when-full: { above: 80%, max: 12h } }"), [
    "config.yaml:5:45: max of when-full, 12h, is not below the most, 12h",
  ]],
  ["a part alone", inFile("lease-time: { when-full: 80% }"), [
    'config.yaml:5:26: expected a map like { above: 80%, max: 1h }, got "80%"',
  ]],
]);

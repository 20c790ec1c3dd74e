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

import { testRows } from "./test-rows.js";

testRows("remote");

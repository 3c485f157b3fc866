<?php
// Tells the test what the example left behind. Runs after it.
echo json_encode(['code' => $code, 'body' => $body]);

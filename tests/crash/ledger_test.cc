#include "tests/crash/ledger.h"

#include <gtest/gtest.h>

#include "tests/load/catalogue.h"

namespace products::crash {
namespace {

using test::HttpResponse;

const HttpResponse kDone{.status = 204, .reason = {}, .headers = {}, .body = {}};

HttpResponse Stored(std::size_t place, int operation) {
  return {.status = 200,
          .reason = {},
          .headers = {},
          .body = load::ProductAnswer(Ledger::IdOf(place), operation)};
}

HttpResponse Absent(std::size_t place) {
  return {
      .status = 404, .reason = {}, .headers = {}, .body = load::AbsentAnswer(Ledger::IdOf(place))};
}

void SendAndAcknowledge(Ledger& ledger, std::size_t place, int operations, int acknowledged) {
  for (int i = 0; i < operations; ++i) (void)ledger.Send(place);
  for (int i = 0; i < acknowledged; ++i) EXPECT_TRUE(ledger.Answer(place, kDone));
}

TEST(Ledger, TakesWhatWasAcknowledgedOrSentAfterIt) {
  for (int stored = 0; stored <= 6; ++stored) {
    Ledger ledger(1);
    SendAndAcknowledge(ledger, 0, 5, 3);
    EXPECT_EQ(ledger.Check(0, Stored(0, stored)).has_value(), stored < 3 || stored > 5) << stored;
  }
}

TEST(Ledger, MissesAProductThatWasAcknowledged) {
  Ledger ledger(2);
  SendAndAcknowledge(ledger, 0, 2, 0);
  EXPECT_FALSE(ledger.Check(0, Absent(0)));
  SendAndAcknowledge(ledger, 1, 2, 1);
  EXPECT_TRUE(ledger.Check(1, Absent(1)));
}

TEST(Ledger, WhatWasSeenMayNotGoBack) {
  Ledger ledger(1);
  SendAndAcknowledge(ledger, 0, 5, 1);
  EXPECT_FALSE(ledger.Check(0, Stored(0, 4)));
  EXPECT_TRUE(ledger.Check(0, Stored(0, 3)));
}

// Of place 0 every fifth operation is a removal.
TEST(Ledger, AbsenceIsRightOnlyAfterARemoval) {
  for (int acknowledged = 3; acknowledged <= 7; ++acknowledged) {
    Ledger ledger(1, Ledger::Operations::kStoreAndRemove);
    SendAndAcknowledge(ledger, 0, 7, acknowledged);
    EXPECT_EQ(ledger.Check(0, Absent(0)).has_value(), acknowledged > 5) << acknowledged;
    EXPECT_TRUE(ledger.Check(0, Stored(0, 5))) << "operation 5 stores nothing";
  }
}

TEST(Ledger, RefusalIsNoAcknowledgement) {
  Ledger ledger(1);
  (void)ledger.Send(0);
  EXPECT_FALSE(ledger.Answer(0, {.status = 503, .reason = {}, .headers = {}, .body = {}}));
  EXPECT_FALSE(ledger.Check(0, Absent(0)));
}

}  // namespace
}  // namespace products::crash

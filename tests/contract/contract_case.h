#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace products::contract {

/// Who has to answer a case as it says. Whoever is left out does so for the case's `reason`.
enum class Answerer { kBoth, kProductdOnly, kGoPeerOnly };

/// One row or example of the contract: a request, and the answer to the byte. Before each case
/// product 1 is the sample product and product 999 is absent.
struct ContractCase {
  std::string name;
  std::string method;
  /// As it goes on the wire.
  std::string target;
  std::string body = {};
  int status = 0;
  /// The whole body of the answer; empty stands for none.
  std::string answer = {};
  /// The contract fixes the status alone; productd still words an error of the usual form. Such a
  /// request asks for the end of the connection.
  bool status_only = false;
  /// What GET /products/1 answers afterwards; empty stands for the sample product, unchanged.
  std::string product_1_afterwards = {};
  /// Header lines besides Host and Content-Length, each with its CRLF.
  std::string request_headers = {};
  /// Of the answer, besides Date, Content-Type and Content-Length, which every case checks.
  std::map<std::string, std::string> headers = {};
  Answerer answerer = Answerer::kBoth;
  std::string reason = {};
};

inline constexpr std::string_view kProductPath = "/products/1";
inline constexpr std::string_view kDetailsPath = "/products/1/details";
inline constexpr std::string_view kSampleProduct =
    R"({"product_id":1,"sku":"ABC-123-XYZ","manufacturer":"Acme Corporation","category_id":456,)"
    R"("weight":1250,"some_other_id":789})";

/// The bodies of answers as they are on the wire. `message` is JSON text already: what needs an
/// escape has it.
std::string ErrorBody(std::string_view code, std::string_view message);
std::string InvalidInput(std::string_view message);
std::string SampleAnswer();

/// A product with every field valid, except for those given: a value is JSON text, and an empty one
/// takes the field out.
std::string ProductWith(const std::map<std::string, std::string>& fields);

/// POST of `body` to product 1, refused with 400 and this message.
ContractCase Refused(std::string name, std::string body, std::string_view message);
/// POST of `body` to product 1, answered with 204, after which GET answers `product` and "\n".
ContractCase Accepted(std::string name, std::string body, std::string_view product);

// The table, by what the row is about.
std::vector<ContractCase> OperationCases();
std::vector<ContractCase> PathIdCases();
std::vector<ContractCase> SyntaxCases();
std::vector<ContractCase> TypeCases();
std::vector<ContractCase> FieldCases();
std::vector<ContractCase> CheckOrderCases();
std::vector<ContractCase> RoutingCases();

}  // namespace products::contract
